// nodemailer, as a driver (README.md). A mail has a connection of its own. With the word `session` the sessions of Node's
// tls module are handed from one connection to the next of the same host and port; with `pool` there is one pool of
// connections for each set of options, for options of a pool cannot be changed.
'use strict';
const fs = require('fs');
const net = require('net');
const readline = require('readline');
const tls = require('tls');
const nodemailer = require('nodemailer');

const REFUSED = /alert (handshake failure|bad certificate|unsupported certificate|certificate (revoked|expired|unknown|required)|unknown ca|access denied|decrypt error)/;
const way = process.argv[2];
const sessions = new Map();
let pools = new Map();
let seen; // the TLS socket of the mail under way

const connect = tls.connect;
tls.connect = (options, ...rest) => {
  const server = `${options.servername}:${options.port || (options.socket && options.socket.remotePort)}`;
  if (way === 'session') options.session = sessions.get(server);
  const socket = connect(options, ...rest);
  seen = { socket };
  socket.on('error', () => sessions.delete(server)); // RFC 5246 section 7.2.2
  socket.on('session', (session) => sessions.set(server, session));
  socket.on('secureConnect', () => Object.assign(seen, { tls: socket.getProtocol(), resumed: socket.isSessionReused() }));
  return socket;
};

function options(asked) {
  const certificate = asked.certificates[0];
  return {
    host: '127.0.0.1', // the address of every host
    port: asked.port,
    name: asked.domain,
    secure: asked.mode === 'implicit',
    requireTLS: asked.security === 'required',
    ignoreTLS: asked.security === 'none',
    pool: way === 'pool',
    maxConnections: 1,
    connectionTimeout: asked.timeout_ms,
    greetingTimeout: asked.timeout_ms,
    socketTimeout: asked.timeout_ms,
    tls: {
      servername: net.isIP(asked.host) ? undefined : asked.host,
      ca: fs.readFileSync(asked.trust),
      ...(certificate && { cert: fs.readFileSync(certificate.cert), key: fs.readFileSync(certificate.key) }),
    },
  };
}

// Of a pool the same for the same options, whatever the time-outs.
function transport(asked) {
  const given = options(asked);
  if (way !== 'pool') return nodemailer.createTransport(given);
  const key = JSON.stringify({ ...given, connectionTimeout: 0, greetingTimeout: 0, socketTimeout: 0 });
  if (!pools.has(key)) pools.set(key, nodemailer.createTransport(given));
  return pools.get(key);
}

// undefined where all that is known is that it failed.
function outcome(error) {
  const text = `${error.message} ${error.reason || ''}`;
  if (REFUSED.test(text)) return 'tls-refused';
  if (error.code === 'ETIMEDOUT') return 'timeout';
  if (error.responseCode >= 400) return error.code === 'ETLS' ? 'no-starttls' : 'refused-by-smtp';
  if (/ECONNREFUSED/.test(text)) return 'connect-failed';
  if (error.code === 'ETLS' && /STARTTLS/.test(text)) return 'no-starttls';
  if (/SSL|TLS|certificate|altnames|PEM|key/i.test(text)) return 'tls-failed';
  return undefined;
}

async function deliver(asked) {
  const answer = { step: asked.step };
  seen = {};
  try {
    await transport(asked).sendMail({ envelope: { from: asked.from, to: asked.to }, raw: fs.readFileSync(asked.message) });
    answer.outcome = 'delivered';
  } catch (error) {
    answer.outcome = outcome(error);
    answer.error = error.message;
  }
  if (seen.tls) Object.assign(answer, { handshake: true, tls: seen.tls.replace(/^TLSv1$/, '1.0').replace('TLSv', ''), resumed: seen.resumed ? 'yes' : 'no' });
  return answer;
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const asked = JSON.parse(line);
    if (asked.new_client) {
      for (const pool of pools.values()) pool.close();
      pools = new Map();
    }
    console.log(JSON.stringify(await deliver(asked)));
  }
  for (const pool of pools.values()) pool.close();
}

main();
