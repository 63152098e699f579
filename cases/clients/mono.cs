// System.Net.Mail.SmtpClient of Mono, as a driver (README.md): one SmtpClient with one collection, as on the page.
using System;
using System.IO;
using System.Json;
using System.Net;
using System.Net.Mail;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;

class Driver
{
    static readonly Regex Refused = new Regex("(?i)alert.*(handshake.?failure|bad.?certificate|unsupported.?certificate|" +
        "certificate.?(revoked|expired|unknown|required)|unknown.?ca|access.?denied|decrypt.?error)");

    // Mono trusts its own store; this is the callback that its documentation advises. The host is checked by Mono itself.
    static RemoteCertificateValidationCallback Trusting(string file)
    {
        var anchors = new Mono.Security.X509.X509CertificateCollection();
        foreach (Match pem in Regex.Matches(File.ReadAllText(file), "-----BEGIN CERTIFICATE-----([^-]*)-----END"))
            anchors.Add(new Mono.Security.X509.X509Certificate(Convert.FromBase64String(pem.Groups[1].Value)));
        return (sender, certificate, chain, errors) => {
            if ((errors & (SslPolicyErrors.RemoteCertificateNameMismatch | SslPolicyErrors.RemoteCertificateNotAvailable)) != 0)
                return false;
            var path = new Mono.Security.X509.X509Chain { TrustAnchors = anchors };
            foreach (var element in chain.ChainElements)
                path.LoadCertificate(new Mono.Security.X509.X509Certificate(element.Certificate.RawData));
            return path.Build(new Mono.Security.X509.X509Certificate(certificate.GetRawCertData()));
        };
    }

    static MailMessage Read(JsonValue asked)
    {
        var text = File.ReadAllText(asked["message"], Encoding.GetEncoding("iso-8859-1"));
        int end = text.IndexOf("\r\n\r\n");
        var subject = Regex.Match(text.Substring(0, end), "(?im)^Subject: *(.*?)\r?$");
        var message = new MailMessage { From = new MailAddress(asked["from"]), Subject = subject.Groups[1].Value };
        foreach (JsonValue to in (JsonArray)asked["to"])
            message.To.Add(new MailAddress(to));
        message.BodyEncoding = Encoding.ASCII;
        message.Body = text.Substring(end + 4);
        return message;
    }

    static string Outcome(Exception error)
    {
        string text = error.ToString();
        var smtp = error as SmtpException;
        if (Refused.IsMatch(text))
            return "tls-refused";
        for (Exception e = error; e != null; e = e.InnerException) {
            var socket = e as SocketException;
            if (socket != null && socket.SocketErrorCode == SocketError.ConnectionRefused)
                return "connect-failed";
            if (socket != null && socket.SocketErrorCode == SocketError.TimedOut)
                return "timeout";
            if (e is System.Security.Authentication.AuthenticationException || e.GetType().Name.StartsWith("Tls"))
                return "tls-failed";
        }
        if (Regex.IsMatch(text, "timed out"))
            return "timeout";
        if (smtp != null && (int)smtp.StatusCode >= 400)
            return "refused-by-smtp";
        return null;
    }

    static void Send(SmtpClient client, JsonValue asked, JsonObject answer)
    {
        ServicePointManager.ServerCertificateValidationCallback = Trusting(asked["trust"]);
        client.Host = asked["host"];
        client.Port = asked["port"];
        client.EnableSsl = (string)asked["security"] == "required";
        client.Timeout = asked["timeout_ms"];
        client.ClientCertificates.Clear();
        foreach (JsonValue certificate in (JsonArray)asked["certificates"])
            client.ClientCertificates.Add(new X509Certificate2((string)certificate["pfx"], ""));
        try {
            client.Send(Read(asked));
            answer["outcome"] = "delivered";
        } catch (Exception error) {
            string outcome = Outcome(error);
            if (outcome != null)
                answer["outcome"] = outcome;
            answer["error"] = Regex.Replace(error.ToString().Split(new[] { "\n  at " }, StringSplitOptions.None)[0] +
                (error.InnerException != null ? "; " + error.InnerException.Message : ""), "\\s+", " ");
        }
    }

    static int Main(string[] words)
    {
        var client = new SmtpClient();
        if (words.Length > 0 && words[0] == "--version") {
            Console.WriteLine("Mono " + Regex.Match((string)Type.GetType("Mono.Runtime").GetMethod("GetDisplayName",
                System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static).Invoke(null, null), "^[0-9.]+"));
            return 0;
        }
        for (string line; (line = Console.In.ReadLine()) != null;) {
            JsonValue asked = JsonValue.Parse(line);
            var answer = new JsonObject { { "step", asked["step"] } };
            if ((bool)asked["new_client"]) {
                client.Dispose();
                client = new SmtpClient();
            }
            Send(client, asked, answer);
            Console.Out.WriteLine(answer.ToString());
            Console.Out.Flush();
        }
        client.Dispose();
        return 0;
    }
}
