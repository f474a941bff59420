// A SOAP server that nobody here wrote (npm "soap") for our channel: mutual TLS, our contract, a signed answer.
// usage: node server.js CONFIG.json   (NODE_PATH names the folder of the installed packages)
// CONFIG: {wsdl, ca, tls_certificate, tls_key, wss_certificate, wss_key}
// Prints its port. A slot "unsigned" gets an answer without a signature, a slot "fault" a fault; ends with its input.
//
// npm "soap" signs as a client only. Its own signer is put before its server's own way out.
'use strict';

const fs = require('fs');
const https = require('https');
const soap = require('soap');

const config = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const SUCCESS = 'urn:csioz:p1:kod:major:Sukces';
let asked = '';

function usunSlot(request) {
  asked = String(request.identyfikatorSlotu);
  if (asked === 'fault') {
    throw { Fault: { faultcode: 'soap:Client', faultstring: 'refused' } };
  }
  return { wynik: { major: SUCCESS } };
}

function signed(answer) {
  const signer = new soap.WSSecurityCert(fs.readFileSync(config.wss_key), fs.readFileSync(config.wss_certificate), '', {
    hasTimeStamp: true,
    signatureTransformations: ['http://www.w3.org/2001/10/xml-exc-c14n#'],
    signatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    signerOptions: { idMode: 'wssecurity' },
  });
  // Asked with a Security header, its server adds one with a bare Timestamp; there may be one only.
  const bare = answer.replace(/^<\?xml[^>]*\?>/, '').replace(/<soap:Header>.*?<\/soap:Header>/s, '');
  return signer.postProcess(bare.replace('<soap:Body>', '<soap:Header></soap:Header><soap:Body>'), 'soap');
}

const server = https.createServer({
  ca: fs.readFileSync(config.ca),
  cert: fs.readFileSync(config.tls_certificate),
  key: fs.readFileSync(config.tls_key),
  requestCert: true,
  rejectUnauthorized: true,
});
server.listen(0, '127.0.0.1', () => {
  const listening = soap.listen(server, {
    path: '/services/CentralnaERejestracja',
    services: { CentralnaERejestracja: { CentralnaERejestracjaPort: { usunSlot } } },
    xml: fs.readFileSync(config.wsdl, 'utf8'),
    uri: config.wsdl,
    callback: () => process.stdout.write(`${server.address().port}\n`),
  });
  const send = listening._sendHttpResponse.bind(listening);
  listening._sendHttpResponse = (response, status, answer) =>
    send(response, status, asked === 'unsigned' ? answer : signed(answer));
});
process.stdin.on('end', () => process.exit(0)).resume();
