//! Looks at the whole node that may take seconds, each on a thread of its own: the node's would miss renewals and deadlines meanwhile.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};
use tonic::Status;

use super::status;

const STACK: usize = 256 * 1024;
/// A look at as many victims as may be asked for takes some seconds.
const WAITS: Duration = Duration::from_secs(10);

/// One look at a time: many would be no sooner, and each has a thread.
#[derive(Debug, Clone)]
pub struct Looks(Arc<Semaphore>);

impl Default for Looks {
    fn default() -> Looks {
        Looks(Arc::new(Semaphore::new(1)))
    }
}

impl Looks {
    /// A look that was begun is ended before the next one, even if its caller goes away.
    pub async fn beside<T: Send + 'static>(
        &self,
        look: impl FnOnce() -> Result<T, Status> + Send + 'static,
    ) -> Result<T, Status> {
        let turn = tokio::time::timeout(WAITS, Arc::clone(&self.0).acquire_owned()).await;
        let turn = turn.map_err(|_| status::look_goes_on(WAITS))?.map_err(|_| status::closing())?;
        let (answer, answered) = oneshot::channel();
        let work = move || {
            // An error only says that the caller went away.
            let _ = answer.send(look());
            drop(turn);
        };
        thread::Builder::new().name("look".to_owned()).stack_size(STACK).spawn(work).map_err(status::no_thread)?;
        answered.await.map_err(|_| status::closing())?
    }
}
