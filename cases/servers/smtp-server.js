// nodemailer's smtp-server as an application would embed it; what it takes it passes on.
const fs = require("fs");
const net = require("net");
const { SMTPServer } = require("smtp-server");

const [secure, port, ask, minVersion, maxVersion, cert, key, trust, sink] = process.argv.slice(2).join(" ").split(" ");

const peers = new Map();

function peer(session) {
    const certificate = peers.get(session.id);
    return certificate && certificate.subject ? certificate.subject.CN : "";
}

// The dialogue of a relay, one reply after the other.
function relay(envelope, message, done) {
    const lines = [`EHLO relay.example.test`, `MAIL FROM:<${envelope.mailFrom.address}>`,
        ...envelope.rcptTo.map(to => `RCPT TO:<${to.address}>`), "DATA", null, "QUIT"];
    const socket = net.connect(Number(sink), "127.0.0.1");
    let buffer = "";
    socket.on("data", data => {
        buffer += data;
        for (let end; (end = buffer.indexOf("\r\n")) >= 0;) {
            const line = buffer.slice(0, end);
            buffer = buffer.slice(end + 2);
            if (line[3] === "-") continue;
            if (line[0] > "3") return socket.destroy(new Error(line));
            if (!lines.length) continue;
            const next = lines.shift();
            socket.write(next === null ? message.replace(/^\./gm, "..") + ".\r\n" : next + "\r\n");
            if (next === "QUIT") { done(); socket.end(); }
        }
    });
    socket.on("error", done);
}

const server = new SMTPServer({
    secure: secure === "true", cert: fs.readFileSync(cert), key: fs.readFileSync(key), ca: fs.readFileSync(trust),
    requestCert: ask !== "none", rejectUnauthorized: ask === "require", minVersion, maxVersion,
    authOptional: true, name: "mail.example.test",
    onSecure(socket, session, callback) {
        // It does not say whether it trusts the certificate: `authorized` is of tls.Server, which it does without.
        peers.set(session.id, socket.ssl.verifyError() === null ? socket.getPeerCertificate() : null);
        callback();
    },
    onMailFrom(address, session, callback) {
        callback(session.secure ? null : Object.assign(new Error("Must issue a STARTTLS command first"), { responseCode: 530 }));
    },
    onData(stream, session, callback) {
        const parts = [];
        stream.on("data", part => parts.push(part));
        stream.on("end", () => {
            console.log("counterseal-peer " + peer(session));
            relay(session.envelope, Buffer.concat(parts).toString("latin1"), callback);
        });
    },
});
server.on("error", error => console.error(error.message));
server.listen(Number(port), "127.0.0.1");
