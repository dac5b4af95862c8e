//! Callers that do not speak the daemon's protocol at all, or only its first words: before TLS, within it, and within HTTP/2.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::daemon::{Daemon, Site};
use crate::mutants::Dice;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// The type of a frame of settings (RFC 9113, 6.5), and one without any.
const SETTINGS: u8 = 4;
const EMPTY_SETTINGS: [u8; 9] = [0, 0, 0, SETTINGS, 0, 0, 0, 0, 0];
const HEARD_FOR: Duration = Duration::from_millis(100);

/// One caller after the other, half of them without a word of TLS and half with a good certificate.
pub fn crash(site: &Site, daemon: &Daemon, seed: u64, callers: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let connector = connector(site);
    assert!(runtime.block_on(is_spoken_to(&connector, daemon)), "with this certificate nobody would come as far as HTTP/2");
    for caller in 0..callers {
        let mut dice = Dice::new(seed, caller);
        match caller % 2 {
            0 => without_tls(daemon, &mut dice),
            _ => runtime.block_on(within_tls(&connector, daemon, &mut dice)),
        }
    }
}

fn without_tls(daemon: &Daemon, dice: &mut Dice) {
    let mut stream = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], daemon.port))).expect("it listens");
    let said = match dice.below(4) {
        0 => Vec::new(),
        1 => PREFACE.to_vec(),
        // The head of a handshake, and something else behind it.
        2 => [&[0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3][..], &dice.bytes(200)].concat(),
        _ => dice.bytes(500),
    };
    // The daemon may have hung up already, and may say nothing.
    let _ = stream.write_all(&said);
    let _ = stream.set_read_timeout(Some(HEARD_FOR / 10));
    let _ = stream.read(&mut [0; 64]);
}

/// Whether the daemon answers a good beginning with its own SETTINGS: over TLS 1.3 a caller whom it does not know has connected all the same.
async fn is_spoken_to(connector: &TlsConnector, daemon: &Daemon) -> bool {
    let mut stream = connect(connector, daemon).await;
    let mut head = [0; 9];
    stream.write_all(PREFACE).await.is_ok()
        && stream.write_all(&EMPTY_SETTINGS).await.is_ok()
        && tokio::time::timeout(Duration::from_secs(5), stream.read_exact(&mut head)).await.is_ok_and(|read| read.is_ok())
        && head[3] == SETTINGS
}

async fn connect(connector: &TlsConnector, daemon: &Daemon) -> TlsStream<tokio::net::TcpStream> {
    let stream = tokio::net::TcpStream::connect(("127.0.0.1", daemon.port)).await.expect("it listens");
    let name = ServerName::try_from("localhost").expect("a name");
    connector.connect(name, stream).await.expect("a daemon of the right authority")
}

async fn within_tls(connector: &TlsConnector, daemon: &Daemon, dice: &mut Dice) {
    let mut stream = connect(connector, daemon).await;
    // The same: hanging up on nonsense is right, and so is to wait for more.
    let _ = stream.write_all(&frames(dice)).await;
    let _ = tokio::time::timeout(HEARD_FOR, stream.read_to_end(&mut Vec::new())).await;
}

/// HTTP/2 that begins well: frames of any kind, most of which have the length that they name.
fn frames(dice: &mut Dice) -> Vec<u8> {
    let mut said = if dice.one_in(5) { dice.bytes(40) } else { PREFACE.to_vec() };
    said.extend(EMPTY_SETTINGS);
    for _ in 0..dice.below(20) {
        let content = dice.bytes(64);
        let named = if dice.one_in(5) { dice.any() as u32 & 0xff_ffff } else { content.len() as u32 };
        said.extend(&named.to_be_bytes()[1..]);
        said.extend([dice.below(12) as u8, dice.any() as u8]);
        said.extend((dice.below(6) as u32).to_be_bytes());
        said.extend(content);
    }
    said
}

fn connector(site: &Site) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(site.dir.join("ca.pem")).expect("PEM")).expect("an authority");
    let (certificate, key) = site.authority.issue("chaosgate-runner");
    let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).expect("PEM");
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("PEM");
    let builder = ClientConfig::builder().with_root_certificates(roots);
    let mut config = builder.with_client_auth_cert(vec![certificate], key).expect("a pair");
    config.alpn_protocols = vec![b"h2".to_vec()];
    TlsConnector::from(Arc::new(config))
}
