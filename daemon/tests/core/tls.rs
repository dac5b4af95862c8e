//! Certificates for one daemon and one runner, made for each test.

use std::ops::RangeInclusive;
use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
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
    pub fn issue(&self, name: &str) -> (String, String) {
        self.issue_for(name, 1975..=4096)
    }

    /// Valid from the first day of the first of these years to that of the last.
    fn issue_for(&self, name: &str, years: RangeInclusive<i32>) -> (String, String) {
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        params.not_before = date_time_ymd(*years.start(), 1, 1);
        params.not_after = date_time_ymd(*years.end(), 1, 1);
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

    /// A client that trusts this authority and shows a runner's certificate of `shown`, or none.
    pub fn client(&self, shown: Option<&Authority>) -> ClientTlsConfig {
        self.client_named(shown.map(|authority| (authority, "chaosgate-runner")))
    }

    /// The same with a certificate for that name.
    pub fn client_named(&self, shown: Option<(&Authority, &str)>) -> ClientTlsConfig {
        let trusting = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(self.issuer.pem())).domain_name("localhost");
        let Some((authority, name)) = shown else { return trusting };
        let (certificate, key) = authority.issue(name);
        trusting.identity(Identity::from_pem(certificate, key))
    }

    /// A client whose certificate is of this authority and valid in these years.
    #[allow(dead_code, reason = "shared with tests of single effects, whose callers are all good")]
    pub fn client_of(&self, years: RangeInclusive<i32>) -> ClientTlsConfig {
        let (certificate, key) = self.issue_for("chaosgate-runner", years);
        self.client(None).identity(Identity::from_pem(certificate, key))
    }
}
