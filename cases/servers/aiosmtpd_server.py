"""aiosmtpd as an application would embed it; what it takes it passes on."""
import asyncio
import smtplib
import ssl
import sys

from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP

mode, port, ask, oldest, newest, option, cert, key, trust, sink = " ".join(sys.argv[1:]).split()


class Relay(Sink):
    def send(self, envelope):
        with smtplib.SMTP("127.0.0.1", int(sink)) as client:
            client.sendmail(envelope.mail_from, envelope.rcpt_tos, envelope.original_content)

    async def handle_DATA(self, server, session, envelope):
        name = ""
        ssl_object = server.transport.get_extra_info("ssl_object")
        for part in ((ssl_object.getpeercert() if ssl_object else None) or {}).get("subject", ()):
            name = dict(part).get("commonName", name)
        print(f"counterseal-peer {name}", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, self.send, envelope)
        return "250 OK"


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion[oldest]
    made.maximum_version = ssl.TLSVersion[newest]
    made.verify_mode = ssl.VerifyMode[ask]
    if option != "0":
        made.options |= ssl.Options[option]
    made.load_cert_chain(cert, key)
    made.load_verify_locations(trust)
    return made


async def serve():
    tls = context()
    implicit = mode == "implicit"

    def session():
        if implicit:
            return SMTP(Relay(), hostname="mail.example.test")
        return SMTP(Relay(), hostname="mail.example.test", tls_context=tls, require_starttls=True)

    loop = asyncio.get_running_loop()
    server = await loop.create_server(session, "127.0.0.1", int(port), ssl=tls if implicit else None)
    await server.serve_forever()


asyncio.run(serve())
