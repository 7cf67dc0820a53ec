//! Savina's concurrent sorted linked list: one actor owns the list, twenty workers use it.

use tokio::spawn;
use tokio::sync::mpsc::{channel, Receiver, Sender};
use tokio::sync::oneshot;

use crate::bench::{check, end_of, ends_of, send, Bench, Outcome, Row};
use crate::random::Random;

const WORKERS: usize = 20;
const NUMBERS: usize = 10_000_000;

/// A number, and the place of the next node. One word is read at once: by halves, an address would have to
/// be computed ahead of each load.
#[derive(Clone, Copy)]
struct Node(u64);

impl Node {
    fn new(number: u32, next: u32) -> Self {
        Self(u64::from(next) << 32 | u64::from(number))
    }

    fn number(self) -> u32 {
        self.0 as u32
    }

    fn next(self) -> usize {
        (self.0 >> 32) as usize
    }
}

/// Nodes lie in the order in which they were put in. The list begins and ends at the first, whose number
/// is above all others.
struct SortedList {
    nodes: Vec<Node>,
}

impl SortedList {
    fn new() -> Self {
        Self { nodes: vec![Node::new(u32::MAX, 0)] }
    }

    fn size(&self) -> usize {
        self.nodes.len() - 1
    }

    fn next(&self, place: usize) -> usize {
        self.nodes[place].next()
    }

    /// The last node whose number is less, or the list's begin.
    fn find_before(&self, number: u32) -> usize {
        let (mut before, mut next) = (0, self.next(0));
        loop {
            let node = self.nodes[next];
            if node.number() >= number {
                return before;
            }
            (before, next) = (next, node.next());
        }
    }

    fn insert(&mut self, number: u32) {
        let (before, place) = (self.find_before(number), self.nodes.len() as u32);
        let node = self.nodes[before];
        self.nodes.push(Node::new(number, node.next() as u32));
        self.nodes[before] = Node::new(node.number(), place);
    }

    fn contains(&self, number: u32) -> bool {
        self.nodes[self.next(self.find_before(number))].number() == number
    }

    /// How many numbers there are, by a walk through all; none where one descends.
    fn sorted_length(&self) -> Option<usize> {
        let (mut place, mut length) = (self.next(0), 0);
        while place != 0 {
            let next = self.next(place);
            if self.nodes[next].number() < self.nodes[place].number() {
                return None;
            }
            place = next;
            length += 1;
        }
        Some(length)
    }
}

enum Operation {
    Size,
    Insert(u32),
    Contains(u32),
}

struct Request {
    operation: Operation,
    reply: oneshot::Sender<usize>,
}

/// Serves requests, and reports the list.
async fn owner(mut mailbox: Receiver<Request>) -> SortedList {
    let mut list = SortedList::new();
    while let Some(request) = mailbox.recv().await {
        let answer = match request.operation {
            Operation::Size => list.size(),
            Operation::Insert(number) => {
                list.insert(number);
                0
            }
            Operation::Contains(number) => usize::from(list.contains(number)),
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
                Operation::Insert(random.below(NUMBERS) as u32)
            }
            _ => Operation::Contains(random.below(NUMBERS) as u32),
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
    check("length of the sorted list", list.sorted_length(), Some(inserts))
}

pub fn measure(bench: &Bench) -> Outcome {
    let requests = bench.scaled(8_000);
    let row = Row { name: "concurrent_sorted_list", variant: "", operations: WORKERS * requests };
    bench.measure(row, || play(requests))
}
