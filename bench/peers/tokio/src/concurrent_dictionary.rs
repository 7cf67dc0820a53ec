//! Savina's concurrent dictionary: one actor owns a hash table, twenty workers read and write it.

use std::alloc::{alloc, Layout};
use std::sync::Arc;

use tokio::spawn;
use tokio::sync::mpsc::{channel, Receiver, Sender};
use tokio::sync::{oneshot, Mutex, OwnedMutexGuard};

use crate::bench::{check, end_of, ends_of, send, Bench, Outcome, Row};
use crate::random::Random;

const ENTRIES: usize = 524_287;
const WORKERS: usize = 20;
const PLACES: usize = 1 << 20;
const HUGE_PAGE: usize = 2 << 20;

/// Open addressing, never more than half full. A word has the value above, and below one more than the
/// key: 0 is an empty place.
struct Table(&'static mut [u64; PLACES]);

impl Table {
    fn new() -> Self {
        let mut table = Self(huge_pages());
        (0..ENTRIES as u32).for_each(|key| table.put(key, key));
        table
    }

    fn place_of(&self, key: u32) -> usize {
        let mut place = (u64::from(key).wrapping_mul(0x9e3779b97f4a7c15) >> 44) as usize;
        while self.0[place] != 0 && self.0[place] as u32 != key + 1 {
            place = (place + 1) % PLACES;
        }
        place
    }

    fn put(&mut self, key: u32, value: u32) {
        self.0[self.place_of(key)] = u64::from(value) << 32 | u64::from(key + 1);
    }

    fn get(&self, key: u32) -> u32 {
        (self.0[self.place_of(key)] >> 32) as u32
    }
}

/// Empty places, never given back. On huge pages a miss of the cache is no miss of the page table too.
fn huge_pages() -> &'static mut [u64; PLACES] {
    let layout = Layout::new::<[u64; PLACES]>().align_to(HUGE_PAGE).expect("a power of two");
    // SAFETY: the memory is as large as an array, aligned for it, nobody else's, and written before it
    // is read.
    unsafe {
        let memory = alloc(layout);
        assert!(!memory.is_null(), "no memory");
        libc::madvise(memory.cast(), layout.size(), libc::MADV_HUGEPAGE);
        memory.write_bytes(0, layout.size());
        &mut *memory.cast()
    }
}

enum Request {
    Read { key: u32, reply: oneshot::Sender<u32> },
    Write { key: u32, value: u32, reply: oneshot::Sender<u32> },
}

/// Serves requests, and reports how many there were.
async fn owner(mut table: OwnedMutexGuard<Table>, mut mailbox: Receiver<Request>) -> usize {
    let mut count = 0;
    while let Some(request) = mailbox.recv().await {
        count += 1;
        match request {
            Request::Read { key, reply } => {
                let _ = reply.send(table.get(key));
            }
            Request::Write { key, value, reply } => {
                table.put(key, value);
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
        let key = random.below(ENTRIES) as u32;
        let request = if random.below(10) == 0 {
            Request::Write { key, value: key + (ENTRIES * number) as u32, reply }
        } else {
            Request::Read { key, reply }
        };
        send(&owner, request).await;
        wrong += usize::from(value.await.map_or(true, |value| value % ENTRIES as u32 != key));
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
    let table = Arc::new(Mutex::new(Table::new()));
    let row = Row { name: "concurrent_dictionary", variant: "", operations: WORKERS * requests };
    bench.measure(row, || play(table.clone(), requests))
}
