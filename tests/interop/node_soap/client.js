// A SOAP client that nobody here wrote (npm "soap") calls the simulator: mutual TLS, WS-Security, call context.
// usage: node client.js CONFIG.json   (NODE_PATH names the folder of the installed packages)
// CONFIG: {cer, p1, ca, tls_certificate, tls_key, wss_certificate, wss_key, context, schedule, day, key, sign_context}
// With {second: URL} it asks the second contract of CeR instead, in SOAP 1.2.
// Prints one JSON object: {slots: [...], referral: {...}}, {listed: {...}} or {fault: "..."}.
'use strict';

const fs = require('fs');
const https = require('https');
const soap = require('soap');
const axios = require('axios');

const config = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#';

async function connect(url, options = {}) {
  const agent = new https.Agent({
    ca: fs.readFileSync(config.ca),
    cert: fs.readFileSync(config.tls_certificate),
    key: fs.readFileSync(config.tls_key),
  });
  const client = await soap.createClientAsync(`${url}?wsdl`, {
    request: (axios.default || axios).create({ httpsAgent: agent, proxy: false }),
    ...options,
  });
  client.addSoapHeader(config.context);
  client.setSecurity(
    new soap.WSSecurityCert(fs.readFileSync(config.wss_key), fs.readFileSync(config.wss_certificate), '', {
      hasTimeStamp: true,
      signatureTransformations: [EXCLUSIVE],
      signatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
      additionalReferences: config.sign_context ? ['kon:kontekstWywolania'] : [],
      signerOptions: { idMode: 'wssecurity' },
    }),
  );
  return client;
}

async function main() {
  if (config.second) {
    const second = await connect(config.second, { forceSoap12Headers: true });
    const [listed] = await second.podajTerminyAsync({
      kalendarz: config.schedule,
      zakres: { attributes: { dzien: config.day } },
    });
    return { listed };
  }
  const cer = await connect(config.cer);
  const [listed] = await cer.pobierzBazoweDaneListySlotowAsync({
    identyfikatorHarmonogramu: config.schedule,
    dzien: config.day,
  });
  const p1 = await connect(config.p1);
  const [read] = await p1.odczytDokumentuSkierowaniaDoRealizacjiAsync({
    kryteriaOdczytuSkierowania: { kluczSkierowania: config.key },
  });
  return { slots: listed.listaSlotow.slot, result: listed.wynik.major, referral: read };
}

main().then(
  (said) => process.stdout.write(JSON.stringify(said)),
  (error) => {
    const fault = error.root && error.root.Envelope && error.root.Envelope.Body.Fault;
    process.stdout.write(JSON.stringify({ fault: fault || String(error && error.message) }));
    process.exitCode = 1;
  },
);
