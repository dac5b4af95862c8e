//! Certificates for one daemon and one runner, made for each test.

use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tonic::transport::{Certificate, ClientTlsConfig, Identity};

pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    pub fn new() -> Authority {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Authority { issuer: CertifiedIssuer::self_signed(params, key).expect("a CA") }
    }

    /// Certificate and key, in PEM.
    fn issue(&self, name: &str) -> (String, String) {
        let params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("signed");
        (certificate.pem(), key.serialize_pem())
    }

    /// What `chaosgated serve` reads.
    pub fn write_server_files(&self, dir: &Path) {
        let (certificate, key) = self.issue("localhost");
        std::fs::write(dir.join("tls.pem"), certificate).expect("a writable directory");
        std::fs::write(dir.join("tls.key"), key).expect("a writable directory");
        std::fs::write(dir.join("ca.pem"), self.issuer.pem()).expect("a writable directory");
    }

    /// A client that trusts this authority and shows a certificate of `shown`, or none.
    pub fn client(&self, shown: Option<&Authority>) -> ClientTlsConfig {
        let trusting = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(self.issuer.pem())).domain_name("localhost");
        let Some(shown) = shown else { return trusting };
        let (certificate, key) = shown.issue("runner");
        trusting.identity(Identity::from_pem(certificate, key))
    }
}
