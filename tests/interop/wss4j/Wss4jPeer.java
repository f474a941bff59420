import java.io.ByteArrayInputStream;
import java.io.FileInputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
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
 * WSS4J 1.6 as the other side of Pomost's messages.
 *
 *   verify CA.pem FILE...                 one line for each file: "accepted" and the signed parts, or "refused"
 *   sign KEY.p12 PASSWORD ALIAS IN OUT    Timestamp, then a signature over Body, Timestamp and the other header blocks
 *
 * A message counts as accepted only when the Body in the document is, as a node, one that WSS4J found signed.
 */
public final class Wss4jPeer {
    private static final String SOAP = "http://schemas.xmlsoap.org/soap/envelope/";
    private static final String EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#";
    private static final String RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
    private static final String SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256";
    private static final int LIFETIME_SECONDS = 300;

    public static void main(String[] arguments) throws Exception {
        if (arguments[0].equals("verify")) {
            for (int at = 2; at < arguments.length; at++) {
                System.out.println(verify(arguments[1], arguments[at]));
            }
        } else {
            sign(arguments);
        }
    }

    private static String verify(String authority, String file) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        try (InputStream pem = new FileInputStream(authority)) {
            trusted.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(pem));
        }
        Merlin crypto = new Merlin();
        crypto.setTrustStore(trusted);
        Document document = read(file);
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

    private static void sign(String[] arguments) throws Exception {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream file = new FileInputStream(arguments[1])) {
            keys.load(file, arguments[2].toCharArray());
        }
        Merlin crypto = new Merlin();
        crypto.setKeyStore(keys);
        Document document = read(arguments[4]);
        Element header = (Element) document.getElementsByTagNameNS(SOAP, "Header").item(0);
        List<WSEncryptionPart> parts = new ArrayList<>();
        parts.add(new WSEncryptionPart("Body", SOAP, "Element"));
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
        signature.setUserInfo(arguments[3], arguments[2]);
        signature.setKeyIdentifierType(WSConstants.BST_DIRECT_REFERENCE);
        signature.setSignatureAlgorithm(RSA_SHA256);
        signature.setDigestAlgo(SHA256);
        signature.setSigCanonicalization(EXCLUSIVE);
        signature.setParts(parts);
        signature.build(document, crypto, security);
        Transformer writer = TransformerFactory.newInstance().newTransformer();
        writer.setOutputProperty(OutputKeys.ENCODING, "UTF-8");
        try (java.io.OutputStream out = Files.newOutputStream(Path.of(arguments[5]))) {
            writer.transform(new DOMSource(document), new StreamResult(out));
        }
    }

    private static Document read(String file) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        return factory.newDocumentBuilder().parse(new ByteArrayInputStream(Files.readAllBytes(Path.of(file))));
    }
}
