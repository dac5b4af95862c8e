//! What the daemon counts, as Prometheus reads it (text format 0.0.4). Figures come in, text goes out; served on a loopback address
//! only, to whoever is on the node, and it answers nothing else. No name of a pod, a run or a person is in it.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::Write;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

use crate::node::{Desk, Turn};

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
/// A scraper that has not sent its request by then is not one.
const ASKS_WITHIN: Duration = Duration::from_secs(5);
/// A connection more waits for another to end; Prometheus opens one.
const CONNECTIONS: usize = 8;

/// Counted since the daemon started, but for `active`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    pub active: BTreeMap<&'static str, u64>,
    pub injected: BTreeMap<&'static str, u64>,
    pub refused: u64,
    pub reverted: u64,
    pub undo_failures: u64,
    pub leases_expired: u64,
    pub stuck: u64,
    pub queue_packets: u64,
}

impl Figures {
    pub fn text(&self) -> String {
        let mut text = String::new();
        let build = [(format!("version=\"{}\"", env!("CARGO_PKG_VERSION")), 1)];
        family(&mut text, "build_info", "gauge", "The daemon that answers.", build);
        family(&mut text, "active_faults", "gauge", "Faults that are on their victims now.", by_effect(&self.active));
        family(&mut text, "injects_total", "counter", "Faults that were put on their victims.", by_effect(&self.injected));
        let single = [
            ("refusals_total", "counter", "Injects that were answered with a reason against them.", self.refused),
            ("reverts_total", "counter", "Faults that were undone, whoever asked.", self.reverted),
            ("undo_failures_total", "counter", "Attempts to undo a fault that failed.", self.undo_failures),
            ("undo_stuck_faults", "gauge", "Faults that could not be undone and are retried.", self.stuck),
            ("lease_expiries_total", "counter", "Runs that nobody renewed in time.", self.leases_expired),
            ("queue_packets_total", "counter", "Packets that the packet queue decided on.", self.queue_packets),
        ];
        for (name, kind, help, value) in single {
            family(&mut text, name, kind, help, [(String::new(), value)]);
        }
        text
    }
}

fn by_effect(counts: &BTreeMap<&'static str, u64>) -> Vec<(String, u64)> {
    counts.iter().map(|(effect, count)| (format!("effect=\"{effect}\""), *count)).collect()
}

fn family(text: &mut String, name: &str, kind: &str, help: &str, samples: impl IntoIterator<Item = (String, u64)>) {
    let mut line = |line: std::fmt::Arguments<'_>| text.write_fmt(line).expect("a String takes everything");
    line(format_args!("# HELP chaosgated_{name} {help}\n# TYPE chaosgated_{name} {kind}\n"));
    for (labels, value) in samples {
        let labels = if labels.is_empty() { labels } else { format!("{{{labels}}}") };
        line(format_args!("chaosgated_{name}{labels} {value}\n"));
    }
}

/// Answers until the daemon ends. A connection that fails is its scraper's loss.
pub async fn serve(listener: TcpListener, desk: Desk) {
    let free = std::sync::Arc::new(tokio::sync::Semaphore::new(CONNECTIONS));
    while let Ok(permit) = std::sync::Arc::clone(&free).acquire_owned().await {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors or the like: asked again a little later, and the daemon's own port is not held up.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let desk = desk.clone();
        tokio::spawn(async move {
            let _permit = permit;
            let answering = service_fn(|request| answer(request, desk.clone()));
            let mut connection = hyper::server::conn::http1::Builder::new();
            connection.timer(TokioTimer::new()).header_read_timeout(ASKS_WITHIN).keep_alive(false).max_headers(32);
            // Nobody is left to tell when it ends badly.
            let _ = connection.serve_connection(TokioIo::new(stream), answering).await;
        });
    }
}

async fn answer(request: Request<Incoming>, desk: Desk) -> Result<Response<Full<Bytes>>, Infallible> {
    let is_asked = request.method() == Method::GET && request.uri().path() == "/metrics";
    let (status, text) = match is_asked {
        false => (StatusCode::NOT_FOUND, "only GET /metrics is answered\n".to_owned()),
        true => match desk.ask(Turn::Any, |node| node.figures()).await {
            Ok(figures) => (StatusCode::OK, figures.text()),
            Err(unanswered) => (StatusCode::SERVICE_UNAVAILABLE, format!("{unanswered}\n")),
        },
    };
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(TEXT));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_a_line_with_its_meaning_before_it() {
        let figures = Figures { active: BTreeMap::from([("delay", 2)]), reverted: 7, ..Figures::default() };
        let text = figures.text();
        assert!(
            text.contains("# TYPE chaosgated_active_faults gauge\nchaosgated_active_faults{effect=\"delay\"} 2\n"),
            "{text}"
        );
        assert!(text.contains("# HELP chaosgated_reverts_total Faults that were undone, whoever asked.\n"), "{text}");
        assert!(text.contains("\nchaosgated_reverts_total 7\n"), "{text}");
        let names = text.lines().filter(|line| line.starts_with("# TYPE")).count();
        assert_eq!(names, text.lines().filter(|line| line.starts_with("# HELP")).count());
    }
}
