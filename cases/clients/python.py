"""smtplib of Python's standard library, as a driver (README.md). A mail has a connection of its own, as in the
library's own examples. With the word `session` an SSLContext lives on, the certificate is changed in it, and
sessions are handed from one connection to the next."""
import json
import smtplib
import socket
import ssl
import sys

REFUSED = ("HANDSHAKE_FAILURE", "BAD_CERTIFICATE", "UNSUPPORTED_CERTIFICATE", "CERTIFICATE_REVOKED", "CERTIFICATE_EXPIRED",
           "CERTIFICATE_UNKNOWN", "UNKNOWN_CA", "ACCESS_DENIED", "DECRYPT_ERROR", "CERTIFICATE_REQUIRED")

connect = socket.create_connection
socket.create_connection = lambda address, *rest: connect(("127.0.0.1", address[1]), *rest)


class Context(ssl.SSLContext):
    """Keeps the last session of each server and hands it on; the SSL socket made last can be asked."""
    resumes = False
    last = None

    def wrap_socket(self, sock, server_hostname=None, **rest):
        server = (server_hostname, sock.getpeername()[1])
        if self.resumes:
            rest["session"] = self.sessions.pop(server, None)  # of a failed handshake none is kept
        self.last = super().wrap_socket(sock, server_hostname=server_hostname, **rest)
        self.last.server = server
        return self.last

    def keep(self):
        if self.resumes and self.last is not None and self.last.session is not None:
            self.sessions[self.last.server] = self.last.session


class Client:
    def __init__(self, resumes):
        self.resumes = resumes
        self.contexts = {}

    def context(self, asked):
        """One context for each trust file and use of certificates: a certificate cannot be taken out of one again."""
        key = (asked["trust"], bool(asked["certificates"]))
        context = self.contexts.get(key)
        if context is None:
            context = Context(ssl.PROTOCOL_TLS_CLIENT)
            context.load_verify_locations(asked["trust"])
            context.sessions = {}
            context.resumes = self.resumes
        if self.resumes:
            self.contexts[key] = context
        for certificate in asked["certificates"]:
            context.load_cert_chain(certificate["cert"], certificate["key"])
        context.last = None
        return context

    def send(self, asked, answer):
        context = self.context(asked)
        timeout = asked["timeout_ms"] / 1000
        where = {"host": asked["host"], "port": asked["port"], "local_hostname": asked.get("domain"), "timeout": timeout}
        with open(asked["message"], "rb") as file:
            message = file.read()
        smtp = None
        try:
            if asked["mode"] == "implicit":
                smtp = smtplib.SMTP_SSL(context=context, **where)
            else:
                smtp = smtplib.SMTP(**where)
                smtp.ehlo_or_helo_if_needed()
                if asked["security"] == "required" or asked["security"] == "optional" and smtp.has_extn("starttls"):
                    answer["stage"] = "starttls"
                    smtp.starttls(context=context)
            answer["stage"] = "mail"
            smtp.sendmail(asked["from"], asked["to"], message)
            answer["outcome"] = "delivered"
            context.keep()
            smtp.quit()
        finally:
            if context.last is not None:
                report(context.last, answer)
            if smtp is not None:
                smtp.close()


def report(sock, answer):
    try:
        version = sock.version()
        if version is not None:
            answer.update(handshake=True, tls=version.removeprefix("TLSv"), resumed="yes" if sock.session_reused else "no")
    except (OSError, ValueError):
        pass


def outcome(error, stage):
    """None where all that is known is that it failed."""
    text = str(error).upper().replace(" ", "_")
    if any(word in text for word in REFUSED) and "VERIFY_FAILED" not in text:
        return "tls-refused"
    if isinstance(error, TimeoutError) or "TIMED_OUT" in text:
        return "timeout"
    if isinstance(error, ssl.SSLError):
        return "tls-failed"
    if isinstance(error, ConnectionRefusedError):
        return "connect-failed"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "no-starttls"
    codes = [error.smtp_code] if isinstance(error, smtplib.SMTPResponseException) else []
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
    if not codes:
        return None
    if min(codes) < 400:
        return "protocol-violation"
    return "no-starttls" if stage == "starttls" else "refused-by-smtp"


def main():
    resumes = sys.argv[1:] == ["session"]
    client = Client(resumes)
    for line in sys.stdin:
        asked = json.loads(line)
        answer = {"step": asked["step"]}
        if asked.get("new_client"):
            client = Client(resumes)
        try:
            client.send(asked, answer)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            if answer.get("outcome") != "delivered":
                answer.update(outcome=outcome(error, answer.get("stage")), error=f"{type(error).__name__}: {error}")
        answer.pop("stage", None)
        print(json.dumps({key: value for key, value in answer.items() if value is not None}), flush=True)


main()
