//! Savina's concurrent dictionary: one actor owns a hash table, twenty workers read and write it.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use tokio::spawn;
use tokio::sync::mpsc::{channel, Receiver, Sender};
use tokio::sync::{oneshot, Mutex, OwnedMutexGuard};

use crate::bench::{check, end_of, ends_of, send, Bench, Outcome, Row};
use crate::random::Random;

const ENTRIES: usize = 524_287;
const WORKERS: usize = 20;

/// A key times an odd number, turned so that the bits the table looks at depend on all others.
#[derive(Default)]
struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn write(&mut self, _: &[u8]) {
        unreachable!("keys are numbers");
    }

    fn write_usize(&mut self, key: usize) {
        self.0 = (key as u64).wrapping_mul(0x9e3779b97f4a7c15);
    }

    fn finish(&self) -> u64 {
        self.0.rotate_left(32)
    }
}

type Table = HashMap<usize, usize, BuildHasherDefault<KeyHasher>>;

enum Request {
    Read { key: usize, reply: oneshot::Sender<usize> },
    Write { key: usize, value: usize, reply: oneshot::Sender<usize> },
}

/// Serves requests, and reports how many there were.
async fn owner(mut table: OwnedMutexGuard<Table>, mut mailbox: Receiver<Request>) -> usize {
    let mut count = 0;
    while let Some(request) = mailbox.recv().await {
        count += 1;
        match request {
            Request::Read { key, reply } => {
                let _ = reply.send(table[&key]);
            }
            Request::Write { key, value, reply } => {
                table.insert(key, value);
                let _ = reply.send(value);
            }
        }
    }
    count
}

/// Sends requests one after the other, and reports how many answers were wrong.
async fn worker(number: usize, requests: usize, owner: Sender<Request>) -> usize {
    let (mut random, mut wrong) = (Random::new(number), 0);
    for _ in 0..requests {
        let (reply, value) = oneshot::channel();
        let key = random.below(ENTRIES);
        let request = if random.below(10) == 0 {
            Request::Write { key, value: key + ENTRIES * number, reply }
        } else {
            Request::Read { key, reply }
        };
        send(&owner, request).await;
        wrong += usize::from(value.await.map_or(true, |value| value % ENTRIES != key));
    }
    wrong
}

async fn play(table: Arc<Mutex<Table>>, requests: usize) -> Outcome {
    let (to, mailbox) = channel(WORKERS);
    let owner = spawn(owner(table.lock_owned().await, mailbox));
    let workers = (0..WORKERS).map(|number| spawn(worker(number, requests, to.clone()))).collect();
    drop(to);
    let wrong = ends_of(workers).await.iter().sum();
    check("requests", end_of(owner).await, WORKERS * requests)?;
    check("values that are not their key's", wrong, 0)
}

pub fn measure(bench: &Bench) -> Outcome {
    let requests = bench.scaled(10_000);
    let table = Arc::new(Mutex::new((0..ENTRIES).map(|key| (key, key)).collect()));
    let row = Row { name: "concurrent_dictionary", variant: "", operations: WORKERS * requests };
    bench.measure(row, || play(table.clone(), requests))
}
