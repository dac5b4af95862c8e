//! The node's thread and the way to it. One thread does every act, so no two orders of a run can cross, and the same thread
//! beats the heart: a node that is stuck in an act does not look alive.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use thiserror::Error;
use tokio::sync::oneshot;

use super::Node;

type Order = Box<dyn FnOnce(&mut Node) + Send>;

/// Orders waiting for the node. More than this means that it is stuck, and the caller should hear so.
const WAITING: usize = 256;

#[derive(Debug, Error, PartialEq, Eq)]
pub enum Unanswered {
    #[error("this node has {WAITING} orders waiting: ask again later, and look at its log for what holds it up")]
    Busy,
    #[error("this node is shutting down and reverts everything")]
    Gone,
}

#[derive(Clone)]
pub struct Desk {
    orders: SyncSender<Order>,
}

impl Desk {
    /// Starts the node's thread. It ends when an order has closed the node, or when every desk is gone.
    pub fn open(node: Node) -> io::Result<(Desk, JoinHandle<()>)> {
        let (orders, waiting) = sync_channel(WAITING);
        let thread = thread::Builder::new().name("node".to_owned()).spawn(move || serve(node, &waiting))?;
        Ok((Desk { orders }, thread))
    }

    /// Runs `act` on the node's thread. An act that was taken in is done even if its caller goes away.
    pub async fn ask<T: Send + 'static>(&self, act: impl FnOnce(&mut Node) -> T + Send + 'static) -> Result<T, Unanswered> {
        let (answer, answered) = oneshot::channel();
        let order: Order = Box::new(move |node| {
            // An error only says that the caller went away; the act is done and stays on record.
            let _ = answer.send(act(node));
        });
        self.orders.try_send(order).map_err(|error| match error {
            std::sync::mpsc::TrySendError::Full(_) => Unanswered::Busy,
            std::sync::mpsc::TrySendError::Disconnected(_) => Unanswered::Gone,
        })?;
        answered.await.map_err(|_| Unanswered::Gone)
    }
}

fn serve(mut node: Node, orders: &Receiver<Order>) {
    while !node.is_closed() {
        let until_next = node.ring();
        match orders.recv_timeout(until_next) {
            Ok(order) => order(&mut node),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}
