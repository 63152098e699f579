// Jakarta Mail over JSSE, as a driver (README.md). A mail has a connection and an SSLContext of its own. With the word
// `context` there is one SSLContext, which asks a key manager that knows the certificates of the mail under way.
import com.google.gson.Gson;
import jakarta.mail.*;
import jakarta.mail.internet.*;
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.*;
import java.util.regex.*;
import javax.net.ssl.*;

public class JavaMail {
    static class Pair { String cert, key; }
    static class Question {
        int step, port, timeout_ms;
        boolean new_client;
        String host, mode, security, trust, from, message, domain;
        List<String> to;
        List<Pair> certificates;
    }
    static class Answer { int step; String outcome, error, tls; Boolean handshake; }

    static final Pattern REFUSED = Pattern.compile("Received fatal alert: (handshake_failure|bad_certificate|unsupported_certificate|"
        + "certificate_(revoked|expired|unknown|required)|unknown_ca|access_denied|decrypt_error)");
    static final char[] NO_PASSWORD = new char[0];

    static Collection<? extends java.security.cert.Certificate> certificates(String file) throws Exception {
        try (InputStream in = new FileInputStream(file)) {
            return CertificateFactory.getInstance("X.509").generateCertificates(in);
        }
    }

    static PrivateKey key(String file, PublicKey of) throws Exception {
        String pem = Files.readString(Path.of(file)).replaceAll("-----[^-]*-----|\\s", "");
        return KeyFactory.getInstance(of.getAlgorithm()).generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
    }

    static X509ExtendedKeyManager keys(Question asked) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        for (Pair files : asked.certificates) {
            var chain = certificates(files.cert).toArray(java.security.cert.Certificate[]::new);
            store.setKeyEntry("c" + store.size(), key(files.key, chain[0].getPublicKey()), NO_PASSWORD, chain);
        }
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, NO_PASSWORD);
        return (X509ExtendedKeyManager) factory.getKeyManagers()[0];
    }

    static TrustManager[] trust(Question asked) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        for (var certificate : certificates(asked.trust))
            store.setCertificateEntry("t" + store.size(), certificate);
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory.getTrustManagers();
    }

    static class Switching extends X509ExtendedKeyManager {
        X509ExtendedKeyManager now;
        public String[] getClientAliases(String type, Principal[] issuers) { return now.getClientAliases(type, issuers); }
        public String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) { return now.chooseClientAlias(types, issuers, socket); }
        public String[] getServerAliases(String type, Principal[] issuers) { return null; }
        public String chooseServerAlias(String type, Principal[] issuers, Socket socket) { return null; }
        public X509Certificate[] getCertificateChain(String alias) { return now.getCertificateChain(alias); }
        public PrivateKey getPrivateKey(String alias) { return now.getPrivateKey(alias); }
    }

    final boolean one;
    final Switching switching = new Switching();
    final Map<String, SSLContext> contexts = new HashMap<>();

    JavaMail(boolean one) { this.one = one; }

    SSLContext context(Question asked) throws Exception {
        SSLContext context = one ? contexts.get(asked.trust) : null;
        switching.now = keys(asked);
        if (context == null) {
            context = SSLContext.getInstance("TLS");
            context.init(new KeyManager[] { one ? switching : switching.now }, trust(asked), null);
            contexts.put(asked.trust, context);
        }
        return context;
    }

    Properties properties(Question asked) throws Exception {
        Properties p = new Properties();
        String prefix = asked.mode.equals("implicit") ? "mail.smtps." : "mail.smtp.";
        p.put(prefix + "ssl.socketFactory", context(asked).getSocketFactory());
        p.put(prefix + "ssl.checkserveridentity", "true");
        p.put(prefix + "starttls.enable", Boolean.toString(!asked.security.equals("none")));
        p.put(prefix + "starttls.required", Boolean.toString(asked.security.equals("required")));
        p.put(prefix + "socketFactory.fallback", "false"); // or it tries again without this context, as nobody
        p.put(prefix + "sendpartial", "true");
        p.put(prefix + "from", asked.from);
        for (String what : new String[] { "connectiontimeout", "timeout", "writetimeout" })
            p.put(prefix + what, Integer.toString(asked.timeout_ms));
        if (asked.domain != null)
            p.put(prefix + "localhost", asked.domain);
        return p;
    }

    /** Some recipients may be refused: of that it makes an exception, too. */
    static boolean sent(MessagingException e) {
        return e instanceof SendFailedException && ((SendFailedException) e).getValidSentAddresses() != null
            && ((SendFailedException) e).getValidSentAddresses().length > 0;
    }

    void deliver(Question asked, Answer answer) throws Exception {
        Session session = Session.getInstance(properties(asked));
        MimeMessage message;
        try (InputStream in = new FileInputStream(asked.message)) {
            message = new MimeMessage(session, in);
        }
        Address[] to = new Address[asked.to.size()];
        for (int i = 0; i < to.length; i++)
            to[i] = new InternetAddress(asked.to.get(i));
        Transport transport = session.getTransport(asked.mode.equals("implicit") ? "smtps" : "smtp");
        try {
            transport.connect(asked.host, asked.port, null, null);
            transport.sendMessage(message, to);
            answer.outcome = "delivered";
        } catch (MessagingException e) {
            if (!sent(e))
                throw e;
            answer.outcome = "delivered";
        } finally {
            transport.close();
        }
    }

    /** null where all that is known is that it failed. */
    static String outcome(Throwable error) {
        StringBuilder text = new StringBuilder();
        for (Throwable e = error; e != null; e = e instanceof MessagingException ? ((MessagingException) e).getNextException() : e.getCause()) {
            text.append(e.getClass().getName()).append(": ").append(e.getMessage()).append("; ");
            if (e instanceof SSLException || e instanceof GeneralSecurityException)
                return REFUSED.matcher(e.getMessage()).find() ? "tls-refused" : e.getMessage().contains("timed out") ? "timeout" : "tls-failed";
            if (e instanceof SocketTimeoutException)
                return "timeout";
        }
        String said = text.toString();
        if (REFUSED.matcher(said).find())
            return "tls-refused";
        if (said.contains("ConnectException") || said.contains("MailConnectException") && said.contains("refused"))
            return "connect-failed";
        if (said.contains("STARTTLS is required but"))
            return "no-starttls";
        if (said.contains("Server is not trusted") || said.contains("identity of server"))
            return "tls-failed";
        if (Pattern.compile(": [45]\\d\\d[ -]|response: [45]|code: [45]").matcher(said).find())
            return said.contains("STARTTLS") ? "no-starttls" : "refused-by-smtp";
        return null;
    }

    /** The address of every host is 127.0.0.1. The file is read at each look-up. */
    static void resolve(String host) throws IOException {
        Files.writeString(Path.of("hosts"), "127.0.0.1 " + host + "\n");
    }

    public static void main(String[] words) throws Exception {
        if (words.length > 0 && words[0].equals("--version")) {
            System.out.println(Session.class.getPackage().getImplementationVersion() + ", JSSE of Java " + System.getProperty("java.version"));
            return;
        }
        boolean one = words.length > 0 && words[0].equals("context");
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
        Gson gson = new Gson();
        JavaMail client = new JavaMail(one);
        for (String line; (line = lines.readLine()) != null;) {
            Question asked = gson.fromJson(line, Question.class);
            Answer answer = new Answer();
            answer.step = asked.step;
            if (asked.new_client)
                client = new JavaMail(one);
            resolve(asked.host);
            try {
                client.deliver(asked, answer);
            } catch (Exception e) {
                if (answer.outcome == null) {
                    answer.outcome = outcome(e);
                    answer.error = e.toString();
                }
            }
            System.out.println(gson.toJson(answer));
            System.out.flush();
        }
    }
}
