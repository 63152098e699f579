// net/smtp and crypto/tls of Go's standard library, as a driver (README.md). A mail has a connection and a tls.Config of its
// own. With the word `cache` all configurations share one ClientSessionCache.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"net/textproto"
	"os"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"time"
)

type question struct {
	Step         int
	Host         string
	Port         int
	Mode         string
	Security     string
	Trust        string
	Certificates []struct{ Cert, Key string }
	From         string
	To           []string
	Message      string
	Domain       string
	NewClient    bool `json:"new_client"`
	TimeoutMs    int  `json:"timeout_ms"`
}

type answer struct {
	Step      int    `json:"step"`
	Outcome   string `json:"outcome,omitempty"`
	Error     string `json:"error,omitempty"`
	Handshake bool   `json:"handshake,omitempty"`
	TLS       string `json:"tls,omitempty"`
	Resumed   string `json:"resumed,omitempty"`
}

var (
	errNotOffered = errors.New("STARTTLS is not offered")
	refused       = regexp.MustCompile("remote error: tls: (handshake failure|bad certificate|unsupported certificate|revoked certificate|" +
		"expired certificate|unknown certificate|unknown certificate authority|access denied|error decrypting message|certificate required)")
	versions = map[uint16]string{tls.VersionTLS10: "1.0", tls.VersionTLS11: "1.1", tls.VersionTLS12: "1.2", tls.VersionTLS13: "1.3"}
)

func config(q *question, cache tls.ClientSessionCache) (*tls.Config, error) {
	trusted, err := os.ReadFile(q.Trust)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(trusted)
	c := &tls.Config{ServerName: q.Host, RootCAs: pool, ClientSessionCache: cache}
	for _, file := range q.Certificates {
		certificate, err := tls.LoadX509KeyPair(file.Cert, file.Key)
		if err != nil {
			return nil, fmt.Errorf("tls: %w", err)
		}
		c.Certificates = append(c.Certificates, certificate)
	}
	return c, nil
}

// The address of every host is 127.0.0.1.
func connect(q *question, c *tls.Config) (*smtp.Client, error) {
	connection, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", q.Port), time.Duration(q.TimeoutMs)*time.Millisecond)
	if err != nil {
		return nil, err
	}
	connection.SetDeadline(time.Now().Add(time.Duration(q.TimeoutMs) * time.Millisecond))
	if q.Mode == "implicit" {
		connection = tls.Client(connection, c)
	}
	client, err := smtp.NewClient(connection, q.Host)
	if err != nil {
		connection.Close()
	}
	return client, err
}

func secure(client *smtp.Client, q *question, c *tls.Config) error {
	if q.Domain == "" {
		q.Domain = "localhost" // its own default
	}
	if err := client.Hello(q.Domain); err != nil {
		return err
	}
	if q.Mode == "implicit" || q.Security == "none" {
		return nil
	}
	if offered, _ := client.Extension("STARTTLS"); offered {
		return client.StartTLS(c)
	} else if q.Security == "required" {
		return errNotOffered
	}
	return nil
}

func mail(client *smtp.Client, q *question) error {
	message, err := os.ReadFile(q.Message)
	if err != nil {
		return err
	}
	if err := client.Mail(q.From); err != nil {
		return err
	}
	for _, to := range q.To {
		if err := client.Rcpt(to); err != nil {
			return err
		}
	}
	w, err := client.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(message); err != nil {
		return err
	}
	return w.Close()
}

func deliver(q *question, a *answer, cache tls.ClientSessionCache) error {
	c, err := config(q, cache)
	if err != nil {
		return err
	}
	client, err := connect(q, c)
	if err != nil {
		return err
	}
	defer client.Close()
	if err := secure(client, q, c); err != nil {
		return err
	}
	if state, ok := client.TLSConnectionState(); ok && state.HandshakeComplete {
		a.Handshake, a.TLS, a.Resumed = true, versions[state.Version], map[bool]string{true: "yes", false: "no"}[state.DidResume]
	}
	if err := mail(client, q); err != nil {
		return err
	}
	a.Outcome = "delivered"
	return client.Quit()
}

// "" where all that is known is that it failed.
func outcome(err error) string {
	var reply *textproto.Error
	var network net.Error
	var invalid x509.CertificateInvalidError
	switch {
	case errors.Is(err, errNotOffered):
		return "no-starttls"
	case errors.As(err, &reply):
		if reply.Code >= 400 {
			return "refused-by-smtp"
		}
		return "protocol-violation"
	case refused.MatchString(err.Error()):
		return "tls-refused"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connect-failed"
	case errors.As(err, &network) && network.Timeout():
		return "timeout"
	case errors.As(err, &invalid), strings.Contains(err.Error(), "tls: "), strings.Contains(err.Error(), "x509: "):
		return "tls-failed"
	}
	return ""
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "--version" {
		fmt.Println(strings.TrimPrefix(runtime.Version(), "go"))
		return
	}
	var cache tls.ClientSessionCache
	lines := bufio.NewReader(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var q question
		if err := json.Unmarshal(line, &q); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if len(os.Args) > 1 && os.Args[1] == "cache" && (cache == nil || q.NewClient) {
			cache = tls.NewLRUClientSessionCache(0)
		}
		a := answer{Step: q.Step}
		if err := deliver(&q, &a, cache); err != nil && a.Outcome == "" {
			a.Outcome, a.Error = outcome(err), err.Error()
		}
		out.Encode(&a)
	}
}
