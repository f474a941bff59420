import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.OutputKeys;
import javax.xml.transform.Transformer;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.apache.ws.security.WSConstants;
import org.apache.ws.security.WSDataRef;
import org.apache.ws.security.WSEncryptionPart;
import org.apache.ws.security.WSSecurityEngine;
import org.apache.ws.security.WSSecurityEngineResult;
import org.apache.ws.security.WSSecurityException;
import org.apache.ws.security.components.crypto.Merlin;
import org.apache.ws.security.message.WSSecHeader;
import org.apache.ws.security.message.WSSecSignature;
import org.apache.ws.security.message.WSSecTimestamp;
import org.apache.ws.security.util.WSSecurityUtil;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/**
 * WSS4J 1.6 as the other side of Pomost's messages. Reads commands from its input, one a line, parts between tabs;
 * ends the answer to each with a line that holds a full stop.
 *
 *   verify CA.pem FILE...                 one line for each file: "accepted" and the signed parts, or "refused"
 *   sign KEY.p12 PASSWORD ALIAS IN OUT    Timestamp, then a signature over Body, Timestamp and the other header blocks
 *   serve CA.pem TLS.p12 PASSWORD KEY.p12 ALIAS    an HTTPS server that wants a client certificate; prints its port.
 *                                         Answers what WSS4J accepts with a signed message, all else with a fault
 *   call URL ACTION CA.pem TLS.p12 PASSWORD KEY.p12 ALIAS IN    signs IN and posts it over mutual TLS; prints the
 *                                         status, what WSS4J says of the answer, and the name of the Body's element
 *
 * A message counts as accepted only when the Body in the document is, as a node, one that WSS4J found signed.
 */
public final class Wss4jPeer {
    private static final String EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#";
    private static final String RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
    private static final String SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256";
    private static final String SOAP_12 = "http://www.w3.org/2003/05/soap-envelope";
    private static final int LIFETIME_SECONDS = 300;
    private static final int TIMEOUT_MILLISECONDS = 20_000;

    public static void main(String[] nothing) throws Exception {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            try {
                obey(line.split("\t"));
            } catch (Exception problem) {
                System.out.println("error\t" + problem.toString().replaceAll("\\s+", " "));
            }
            System.out.println(".");
            System.out.flush();
        }
        System.exit(0);
    }

    private static void obey(String[] words) throws Exception {
        switch (words[0]) {
            case "verify":
                for (int at = 2; at < words.length; at++) {
                    System.out.println(verify(words[1], read(Files.readAllBytes(Path.of(words[at])))));
                }
                break;
            case "sign":
                byte[] plain = Files.readAllBytes(Path.of(words[4]));
                Files.write(Path.of(words[5]), sign(plain, words[1], words[2], words[3]));
                break;
            case "serve":
                System.out.println(serve(words));
                break;
            case "call":
                call(words);
                break;
            default:
                throw new IllegalArgumentException(words[0]);
        }
    }

    private static int serve(String[] words) throws Exception {
        SSLContext tls = tls(words[1], words[2], words[3]);
        HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(tls) {
            @Override
            public void configure(HttpsParameters parameters) {
                SSLParameters wanted = tls.getDefaultSSLParameters();
                wanted.setNeedClientAuth(true);
                parameters.setSSLParameters(wanted);
            }
        });
        server.createContext("/", exchange -> {
            try {
                answer(exchange, words);
            } catch (Exception problem) {
                throw new IOException(problem);
            }
        });
        server.start();
        return server.getAddress().getPort();
    }

    private static void answer(HttpExchange exchange, String[] words) throws Exception {
        Document asked = read(exchange.getRequestBody().readAllBytes());
        String soap = asked.getDocumentElement().getNamespaceURI();
        String verdict = verify(words[1], asked);
        boolean accepted = verdict.startsWith("accepted");
        String inside = accepted
            ? "<r:done xmlns:r=\"urn:r\"><r:said>" + verdict.replace('\t', ' ') + "</r:said></r:done>"
            : "<e:Fault><faultcode>e:Client</faultcode><faultstring>refused</faultstring></e:Fault>";
        byte[] reply = ("<e:Envelope xmlns:e=\"" + soap + "\"><e:Header/><e:Body>" + inside + "</e:Body></e:Envelope>")
            .getBytes(StandardCharsets.UTF_8);
        if (accepted) {
            reply = sign(reply, words[4], words[3], words[5]);
        }
        String type = soap.equals(SOAP_12) ? "application/soap+xml" : "text/xml";
        exchange.getResponseHeaders().set("Content-Type", type + "; charset=utf-8");
        exchange.sendResponseHeaders(accepted ? 200 : 500, reply.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(reply);
        }
    }

    private static void call(String[] words) throws Exception {
        HttpsURLConnection connection = (HttpsURLConnection) new URL(words[1]).openConnection();
        connection.setSSLSocketFactory(tls(words[3], words[4], words[5]).getSocketFactory());
        connection.setConnectTimeout(TIMEOUT_MILLISECONDS);
        connection.setReadTimeout(TIMEOUT_MILLISECONDS);
        connection.setRequestMethod("POST");
        connection.setDoOutput(true);
        byte[] message = sign(Files.readAllBytes(Path.of(words[8])), words[6], words[5], words[7]);
        boolean newer = read(message).getDocumentElement().getNamespaceURI().equals(SOAP_12);
        if (newer) {
            String type = "application/soap+xml; charset=utf-8; action=\"" + words[2] + "\"";
            connection.setRequestProperty("Content-Type", type);
        } else {
            connection.setRequestProperty("Content-Type", "text/xml; charset=utf-8");
            connection.setRequestProperty("SOAPAction", '"' + words[2] + '"');
        }
        try (OutputStream out = connection.getOutputStream()) {
            out.write(message);
        }
        int status = connection.getResponseCode();
        try (InputStream in = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            Document answer = read(in.readAllBytes());
            Element body = WSSecurityUtil.findBodyElement(answer);
            System.out.println(status + "\t" + verify(words[3], answer) + "\t" + body.getFirstChild().getLocalName());
            System.out.println(body.getTextContent());
        }
    }

    private static SSLContext tls(String authority, String file, String password) throws Exception {
        KeyStore own = KeyStore.getInstance("PKCS12");
        try (InputStream in = new FileInputStream(file)) {
            own.load(in, password.toCharArray());
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(own, password.toCharArray());
        TrustManagerFactory trusts = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trusts.init(trusted(authority));
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trusts.getTrustManagers(), null);
        return context;
    }

    private static KeyStore trusted(String authority) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        try (InputStream pem = new FileInputStream(authority)) {
            trusted.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(pem));
        }
        return trusted;
    }

    private static String verify(String authority, Document document) throws Exception {
        Merlin crypto = new Merlin();
        crypto.setTrustStore(trusted(authority));
        List<WSSecurityEngineResult> results;
        try {
            results = new WSSecurityEngine().processSecurityHeader(document, null, null, crypto);
        } catch (WSSecurityException refused) {
            return "refused\t" + refused.getMessage().replaceAll("\\s+", " ");
        }
        if (results == null) {
            return "refused\tno Security header";
        }
        Element body = WSSecurityUtil.findBodyElement(document);
        boolean bodySigned = false;
        TreeSet<String> parts = new TreeSet<>();
        for (WSSecurityEngineResult result : results) {
            Object references = result.get(WSSecurityEngineResult.TAG_DATA_REF_URIS);
            if (!(references instanceof List)) {
                continue;
            }
            for (Object each : (List<?>) references) {
                Element part = ((WSDataRef) each).getProtectedElement();
                parts.add(part.getLocalName());
                bodySigned |= part == body;
            }
        }
        return bodySigned ? "accepted\t" + String.join(",", parts) : "refused\tthe Body is not what was signed";
    }

    private static byte[] sign(byte[] plain, String file, String password, String alias) throws Exception {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = new FileInputStream(file)) {
            keys.load(in, password.toCharArray());
        }
        Merlin crypto = new Merlin();
        crypto.setKeyStore(keys);
        Document document = read(plain);
        String soap = document.getDocumentElement().getNamespaceURI();
        Element header = (Element) document.getElementsByTagNameNS(soap, "Header").item(0);
        List<WSEncryptionPart> parts = new ArrayList<>();
        parts.add(new WSEncryptionPart("Body", soap, "Element"));
        parts.add(new WSEncryptionPart("Timestamp", WSConstants.WSU_NS, "Element"));
        for (int at = 0; at < header.getChildNodes().getLength(); at++) {
            if (header.getChildNodes().item(at) instanceof Element) {
                Element block = (Element) header.getChildNodes().item(at);
                parts.add(new WSEncryptionPart(block.getLocalName(), block.getNamespaceURI(), "Element"));
            }
        }
        WSSecHeader security = new WSSecHeader();
        security.insertSecurityHeader(document);
        WSSecTimestamp timestamp = new WSSecTimestamp();
        timestamp.setTimeToLive(LIFETIME_SECONDS);
        timestamp.build(document, security);
        WSSecSignature signature = new WSSecSignature();
        signature.setUserInfo(alias, password);
        signature.setKeyIdentifierType(WSConstants.BST_DIRECT_REFERENCE);
        signature.setSignatureAlgorithm(RSA_SHA256);
        signature.setDigestAlgo(SHA256);
        signature.setSigCanonicalization(EXCLUSIVE);
        signature.setParts(parts);
        signature.build(document, crypto, security);
        Transformer writer = TransformerFactory.newInstance().newTransformer();
        writer.setOutputProperty(OutputKeys.ENCODING, "UTF-8");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        writer.transform(new DOMSource(document), new StreamResult(out));
        return out.toByteArray();
    }

    private static Document read(byte[] message) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        return factory.newDocumentBuilder().parse(new ByteArrayInputStream(message));
    }
}
