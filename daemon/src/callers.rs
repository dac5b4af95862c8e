//! Who may call. PEM files and connections enter, connections of callers with the right certificate leave. The files are read again when
//! they have changed, so certificates are rotated under a living daemon and its faults. A caller without a certificate of the
//! authority, or with one of another name, never reaches the service.

mod named;

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, InvalidDnsNameError, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::server::VerifierBuilderError;
use tokio_rustls::rustls::{self, RootCertStore, ServerConfig, version};
use tokio_rustls::server::TlsStream;
use tokio_stream::wrappers::ReceiverStream;

use named::Named;

const HANDSHAKE_WITHIN: Duration = Duration::from_secs(5);
/// A caller that connects and says nothing holds one of these for as long as a handshake may take.
const HANDSHAKES_AT_ONCE: usize = 256;
/// After a connection that could not be taken (no descriptor is left), before the next is tried.
const BREATH: Duration = Duration::from_millis(100);

#[derive(Debug, Error)]
pub enum CallersError {
    #[error("could not read --{flag} {path}: {cause}", path = path.display())]
    Read { flag: &'static str, path: PathBuf, cause: io::Error },
    #[error("could not use --{flag} {path}: {cause}; it must be PEM", path = path.display())]
    Pem { flag: &'static str, path: PathBuf, cause: pem::Error },
    #[error("--tls-cert and --tls-key do not serve: {0}; the key must be the certificate's")]
    Identity(rustls::Error),
    #[error("no caller could be known by --client-ca: {0}; it must hold certificates of authorities")]
    Authority(VerifierBuilderError),
    #[error("--client-name is {name:?}: {cause}; it must be the DNS name that the certificates of callers have")]
    Name { name: String, cause: InvalidDnsNameError },
}

/// The files of `chaosgated serve` that say who it is and whom it answers.
#[derive(Debug, Clone)]
pub struct Files {
    pub tls_cert: PathBuf,
    pub tls_key: PathBuf,
    pub client_ca: PathBuf,
}

/// Inode, time of change and size of each file: what differs when a kubelet puts another version of a secret in its place.
type Version = [Option<(u64, i64, i64, u64)>; 3];

struct Read {
    version: Version,
    config: Arc<ServerConfig>,
}

/// Knows who may call, now.
pub struct Callers {
    files: Files,
    name: ServerName<'static>,
    read: Mutex<Read>,
}

impl Callers {
    /// Reads the files once; whoever calls must show a certificate that names `name` (a DNS name of its subject's alternatives).
    pub fn open(files: Files, name: &str) -> Result<Callers, CallersError> {
        let wrong = |cause| CallersError::Name { name: name.to_owned(), cause };
        let name = ServerName::try_from(name.to_owned()).map_err(wrong)?;
        let version = files.version();
        let config = files.read(&name)?;
        Ok(Callers { files, name, read: Mutex::new(Read { version, config }) })
    }

    /// Files that cannot be used change nothing: whoever rotates them may be between two of them, and is looked at again at the next
    /// connection.
    fn config(&self) -> Arc<ServerConfig> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        // Before the reading: what changes meanwhile is then seen the next time.
        let version = self.files.version();
        if version != read.version {
            match self.files.read(&self.name) {
                Ok(config) => {
                    tracing::info!("certificates have changed and are read again");
                    *read = Read { version, config };
                }
                Err(error) => tracing::error!(%error, "certificates have changed; those of before stay in use"),
            }
        }
        Arc::clone(&read.config)
    }
}

impl Files {
    fn version(&self) -> Version {
        [&self.tls_cert, &self.tls_key, &self.client_ca].map(|path| {
            let found = fs::metadata(path).ok()?;
            Some((found.ino(), found.mtime(), found.mtime_nsec(), found.size()))
        })
    }

    /// TLS 1.3 alone: both ends are ours.
    fn read(&self, caller: &ServerName<'static>) -> Result<Arc<ServerConfig>, CallersError> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates("client-ca", &self.client_ca)?);
        let provider = Arc::new(ring::default_provider());
        let known = Named::new(roots, &provider, caller.clone()).map_err(CallersError::Authority)?;
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&version::TLS13])
            .map_err(CallersError::Identity)?
            .with_client_cert_verifier(Arc::new(known))
            .with_single_cert(certificates("tls-cert", &self.tls_cert)?, key(&self.tls_key)?)
            .map_err(CallersError::Identity)?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Arc::new(config))
    }
}

fn certificates(flag: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, CallersError> {
    let text = text_of(flag, path)?;
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match all {
        Ok(found) if found.is_empty() => Err(pem::Error::NoItemsFound),
        other => other,
    }
    .map_err(|cause| CallersError::Pem { flag, path: path.to_owned(), cause })
}

fn key(path: &Path) -> Result<PrivateKeyDer<'static>, CallersError> {
    let text = text_of("tls-key", path)?;
    PrivateKeyDer::from_pem_slice(&text).map_err(|cause| CallersError::Pem { flag: "tls-key", path: path.to_owned(), cause })
}

fn text_of(flag: &'static str, path: &Path) -> Result<Vec<u8>, CallersError> {
    fs::read(path).map_err(|cause| CallersError::Read { flag, path: path.to_owned(), cause })
}

/// Connections of callers who may call, until it is dropped. Handshakes are made beside each other, so that nobody who is slow holds up others.
pub fn incoming(listener: TcpListener, callers: Callers) -> ReceiverStream<io::Result<TlsStream<TcpStream>>> {
    let (welcomed, taken) = mpsc::channel(1);
    tokio::spawn(receive(listener, Arc::new(callers), welcomed));
    ReceiverStream::new(taken)
}

type Welcomed = mpsc::Sender<io::Result<TlsStream<TcpStream>>>;

async fn receive(listener: TcpListener, callers: Arc<Callers>, welcomed: Welcomed) {
    let at_once = Arc::new(Semaphore::new(HANDSHAKES_AT_ONCE));
    // Nobody closes the semaphore.
    while let Ok(permit) = Arc::clone(&at_once).acquire_owned().await {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = welcomed.closed() => return,
        };
        match accepted {
            Ok((stream, _)) => drop(tokio::spawn(welcome(stream, callers.config(), welcomed.clone(), permit))),
            Err(error) => {
                tracing::warn!(%error, "could not take a connection");
                sleep(BREATH).await;
            }
        }
    }
}

async fn welcome(stream: TcpStream, config: Arc<ServerConfig>, welcomed: Welcomed, permit: OwnedSemaphorePermit) {
    // What it is for is only speed.
    let _ = stream.set_nodelay(true);
    match timeout(HANDSHAKE_WITHIN, TlsAcceptor::from(config).accept(stream)).await {
        // Closed: the daemon ends.
        Ok(Ok(stream)) => drop(welcomed.send(Ok(stream)).await),
        Ok(Err(why)) => tracing::info!(%why, "a caller was turned away"),
        Err(_) => tracing::info!("a caller was turned away: no handshake within 5 s"),
    }
    drop(permit);
}
