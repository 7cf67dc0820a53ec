//! Savina's bounded buffer: producers and consumers, and a manager with room for fifty items.
//!
//! The manager asks for an item only when it has room for it. A producer is asked for one item at a
//! time and a consumer sent one at a time: a mailbox with room for one is enough for either, so that
//! the manager never waits in a send, and whoever waits for room in its mailbox gets it.

use std::collections::VecDeque;

use tokio::spawn;
use tokio::sync::mpsc::{channel, Receiver, Sender};

use crate::bench::{check, ends_of, send, Bench, Outcome, Row};
use crate::random::Random;

const ROOM: usize = 50;
const PRODUCERS: usize = 40;
const CONSUMERS: usize = 40;
const ITEM_COST: usize = 25 * 100; // logarithms to make an item, or use it

/// What a producer is told.
struct Make;

/// What the manager is told.
enum Message {
    Item { item: f64, producer: usize },
    LastItem { item: f64 },
    Free { consumer: usize },
}

async fn producer(
    number: usize,
    items: usize,
    cost: usize,
    mut mailbox: Receiver<Make>,
    manager: Sender<Message>,
) {
    let mut random = Random::new(number);
    for left in (0..items).rev() {
        mailbox.recv().await;
        let item = random.logarithms(cost);
        let message = match left {
            0 => Message::LastItem { item },
            _ => Message::Item { item, producer: number },
        };
        send(&manager, message).await;
    }
}

/// Uses items, and reports how many there were.
async fn consumer(
    number: usize,
    cost: usize,
    mut mailbox: Receiver<f64>,
    manager: Sender<Message>,
) -> usize {
    let (mut random, mut used, mut sum) = (Random::new(PRODUCERS + number), 0, 0.0);
    send(&manager, Message::Free { consumer: number }).await;
    while let Some(item) = mailbox.recv().await {
        sum += item + random.logarithms(cost);
        used += 1;
        send(&manager, Message::Free { consumer: number }).await;
    }
    assert!(!sum.is_nan(), "an item is not a number");
    used
}

struct Manager {
    producers: Vec<Sender<Make>>,
    consumers: Vec<Sender<f64>>,
    items: VecDeque<f64>,     // waiting for a consumer
    free: VecDeque<usize>,    // consumers waiting for an item
    waiting: VecDeque<usize>, // producers waiting for room
    promised: usize,          // items that wait or are being made
    left: usize,              // producers that have not made their last item
}

impl Manager {
    fn new(producers: Vec<Sender<Make>>, consumers: Vec<Sender<f64>>) -> Self {
        Self {
            producers,
            consumers,
            items: VecDeque::with_capacity(ROOM),
            free: VecDeque::with_capacity(CONSUMERS),
            waiting: (0..PRODUCERS).collect(),
            promised: 0,
            left: PRODUCERS,
        }
    }

    /// Sends items to free consumers, and has more made while there is room.
    async fn serve(&mut self) {
        while !self.items.is_empty() {
            let consumer = match self.free.pop_front() {
                Some(consumer) => consumer,
                None => break,
            };
            send(&self.consumers[consumer], self.items.pop_front().unwrap()).await;
            self.promised -= 1;
        }
        while self.promised < ROOM {
            let producer = match self.waiting.pop_front() {
                Some(producer) => producer,
                None => break,
            };
            send(&self.producers[producer], Make).await;
            self.promised += 1;
        }
    }

    /// Goes on until all items are made and used; consumers end when it does.
    async fn run(mut self, mut mailbox: Receiver<Message>) {
        self.serve().await;
        while self.left > 0 || self.promised > 0 || self.free.len() < CONSUMERS {
            match mailbox.recv().await {
                Some(Message::Item { item, producer }) => {
                    self.items.push_back(item);
                    self.waiting.push_back(producer);
                }
                Some(Message::LastItem { item }) => {
                    self.items.push_back(item);
                    self.left -= 1;
                }
                Some(Message::Free { consumer }) => self.free.push_back(consumer),
                None => break,
            }
            self.serve().await;
        }
    }
}

async fn play(items: usize, cost: usize) -> Outcome {
    let (manager, mailbox) = channel(PRODUCERS + CONSUMERS);
    let (mut producers, mut consumers) = (Vec::new(), Vec::new());
    for number in 0..PRODUCERS {
        let (to, mailbox) = channel(1);
        spawn(producer(number, items, cost, mailbox, manager.clone()));
        producers.push(to);
    }
    let mut used = Vec::new();
    for number in 0..CONSUMERS {
        let (to, mailbox) = channel(1);
        used.push(spawn(consumer(number, cost, mailbox, manager.clone())));
        consumers.push(to);
    }
    spawn(Manager::new(producers, consumers).run(mailbox));
    check("items used", ends_of(used).await.iter().sum(), PRODUCERS * items)
}

pub fn measure(bench: &Bench) -> Outcome {
    let items = bench.scaled(1_000);
    for (variant, cost) in [("", ITEM_COST), ("no cost", 0)] {
        let row = Row { name: "bounded_buffer", variant, operations: PRODUCERS * items };
        bench.measure(row, || play(items, cost))?;
    }
    Ok(())
}
