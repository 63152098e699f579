"""Sends one mail through a program that makes TLS and passes on what it reads and writes: pipe.py MODE WORDS FROM MESSAGE DOMAIN
TO ... -- PROGRAM ARGUMENT ... With the mode `starttls` the program is given the words besides. It ends with 0 when the server took the mail, 1 when it refused, 2 when the program went away, and
says why on standard error."""
import signal
import subprocess
import sys

PATIENCE_S = 7  # programs that wait for ever where the server says no


class Gone(Exception):
    pass


class Refused(Exception):
    pass


def reply(stream):
    """One reply of the server. What the program says of itself has no code in front."""
    while True:
        line = stream.readline()
        if not line:
            raise Gone("the program ended")
        if line[:3].isdigit() and line[3:4] in (b" ", b"\r", b"\n"):
            return line.decode("latin-1").strip()


def ask(program, command, wanted):
    if command is not None:
        program.stdin.write(command)
        program.stdin.flush()
    got = reply(program.stdout)
    if got[0] not in wanted:
        raise Refused("%s: %s" % (command.split(b"\r")[0].decode() if command else "greeting", got))


def send(program, mode, sender, message, domain, recipients):
    if mode == "implicit":
        ask(program, None, "2")
    ask(program, b"EHLO %s\r\n" % domain.encode(), "2")
    ask(program, b"MAIL FROM:<%s>\r\n" % sender.encode(), "2")
    for recipient in recipients:
        ask(program, b"RCPT TO:<%s>\r\n" % recipient.encode(), "2")
    ask(program, b"DATA\r\n", "3")
    with open(message, "rb") as file:
        lines = file.read().split(b"\r\n")[:-1]
    ask(program, b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in lines) + b".\r\n", "2")


def others(file):
    """A file without its first certificate, which s_client would send twice."""
    with open(file) as chain:
        rest = chain.read().partition("-----END CERTIFICATE-----\n")[2]
    if not rest:
        return None
    with open("others.pem", "w") as others_file:
        others_file.write(rest)
    return "others.pem"


def main():
    at = sys.argv.index("--")
    if "-cert_chain" in sys.argv:
        place = sys.argv.index("-cert_chain")
        rest = others(sys.argv[place + 1])
        sys.argv[place:place + 2] = ["-cert_chain", rest] if rest else []
    mode, words, sender, message, domain = sys.argv[1:6]
    command = sys.argv[at + 1:] + (words.split() if mode == "starttls" else [])
    program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    code = 0
    signal.signal(signal.SIGALRM, lambda *rest: program.kill())
    signal.alarm(PATIENCE_S)
    try:
        send(program, mode, sender, message, domain, sys.argv[6:at])
    except (Gone, BrokenPipeError, ConnectionError) as error:
        print(error, file=sys.stderr)
        code = 2
    except Refused as error:
        print(error, file=sys.stderr)
        code = 1
    try:
        program.stdin.write(b"QUIT\r\n")
        program.stdin.flush()
        program.stdout.read()  # until it ends, as it does where the server closes
        program.stdin.close()
    except OSError:
        pass
    program.wait()
    return code


sys.exit(main())
