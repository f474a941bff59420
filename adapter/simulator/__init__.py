"""CeR and P1 to practise on: mutual TLS, signed messages, state in memory, troubles on request.

It judges the adapter, so it shares no code with it: signatures are made and checked by libxmlsec1,
messages are built and read here once more. National names appear in its operation modules, one for each contract.

* :mod:`adapter.simulator.app`: ``Simulator(config)``, started in-process or by ``pomost simulate``;
* :mod:`adapter.simulator.registry`, :mod:`adapter.simulator.referrals`: what CeR and P1 remember and allow;
* :mod:`adapter.simulator.dialect`: how a contract says it, in SOAP 1.1 or 1.2 (:mod:`adapter.simulator.soap`);
* :mod:`adapter.simulator.admin`: seed, clock, patients in IKP, troubles, state.
"""
