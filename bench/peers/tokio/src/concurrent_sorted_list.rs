//! Savina's concurrent sorted linked list: one actor owns the list, twenty workers use it.

use std::iter::successors;

use tokio::spawn;
use tokio::sync::mpsc::{channel, Receiver, Sender};
use tokio::sync::oneshot;

use crate::bench::{check, end_of, ends_of, send, Bench, Outcome, Row};
use crate::random::Random;

const WORKERS: usize = 20;
const NUMBERS: usize = 10_000_000;

type Link = Option<Box<Node>>;

struct Node {
    next: Link,
    value: usize,
}

#[derive(Default)]
struct SortedList {
    first: Link,
    size: usize,
}

impl SortedList {
    fn insert(&mut self, value: usize) {
        let mut place = &mut self.first;
        while place.as_ref().map_or(false, |node| node.value < value) {
            place = &mut place.as_mut().unwrap().next;
        }
        *place = Some(Box::new(Node { next: place.take(), value }));
        self.size += 1;
    }

    fn values(&self) -> impl Iterator<Item = usize> + '_ {
        successors(self.first.as_deref(), |node| node.next.as_deref()).map(|node| node.value)
    }

    fn contains(&self, value: usize) -> bool {
        self.values().find(|&other| other >= value) == Some(value)
    }

    /// Whether the numbers ascend, and are as many as the size says.
    fn sound(&self) -> bool {
        self.values().zip(self.values().skip(1)).all(|(value, next)| value <= next)
            && self.values().count() == self.size
    }
}

/// One node after the other: the nodes' own way, each freeing the next, goes as deep as the list is long.
impl Drop for SortedList {
    fn drop(&mut self) {
        let mut rest = self.first.take();
        while let Some(mut node) = rest {
            rest = node.next.take();
        }
    }
}

enum Operation {
    Size,
    Insert(usize),
    Contains(usize),
}

struct Request {
    operation: Operation,
    reply: oneshot::Sender<usize>,
}

/// Serves requests, and reports the list.
async fn owner(mut mailbox: Receiver<Request>) -> SortedList {
    let mut list = SortedList::default();
    while let Some(request) = mailbox.recv().await {
        let answer = match request.operation {
            Operation::Size => list.size,
            Operation::Insert(value) => {
                list.insert(value);
                0
            }
            Operation::Contains(value) => usize::from(list.contains(value)),
        };
        let _ = request.reply.send(answer);
    }
    list
}

/// Sends requests one after the other, and reports how many inserts there were.
async fn worker(number: usize, requests: usize, owner: Sender<Request>) -> usize {
    let (mut random, mut inserts) = (Random::new(number), 0);
    for _ in 0..requests {
        let (reply, answer) = oneshot::channel();
        let operation = match random.below(100) {
            0 => Operation::Size,
            1..=10 => {
                inserts += 1;
                Operation::Insert(random.below(NUMBERS))
            }
            _ => Operation::Contains(random.below(NUMBERS)),
        };
        send(&owner, Request { operation, reply }).await;
        let _ = answer.await;
    }
    inserts
}

async fn play(requests: usize) -> Outcome {
    let (to, mailbox) = channel(WORKERS);
    let owner = spawn(owner(mailbox));
    let workers = (0..WORKERS).map(|number| spawn(worker(number, requests, to.clone()))).collect();
    drop(to);
    let inserts = ends_of(workers).await.iter().sum();
    let list = end_of(owner).await;
    check("the list is sound", list.sound(), true)?;
    check("length of the list", list.size, inserts)
}

pub fn measure(bench: &Bench) -> Outcome {
    let requests = bench.scaled(8_000);
    let row = Row { name: "concurrent_sorted_list", variant: "", operations: WORKERS * requests };
    bench.measure(row, || play(requests))
}
