//! Savina's dining philosophers: twenty philosophers ask an arbiter for their two forks.
//!
//! One that was denied yields before it asks again: a worker runs a task woken by a message next, so
//! that it and the arbiter would else keep the others, and the forks, for a while.

use tokio::spawn;
use tokio::sync::mpsc::{channel, Receiver, Sender};
use tokio::task::yield_now;

use crate::bench::{check, end_of, ends_of, send, Bench, Outcome, Row};

const PHILOSOPHERS: usize = 20;

/// What the arbiter is told, and by whom.
enum Message {
    Hungry(usize),
    Full(usize),
}

#[derive(PartialEq)]
enum Answer {
    Eat,
    Denied,
}

/// Has its meals, and reports how many it had.
async fn philosopher(
    number: usize,
    meals: usize,
    mut mailbox: Receiver<Answer>,
    arbiter: Sender<Message>,
) -> usize {
    let mut eaten = 0;
    while eaten < meals {
        send(&arbiter, Message::Hungry(number)).await;
        if mailbox.recv().await == Some(Answer::Denied) {
            yield_now().await;
            continue;
        }
        eaten += 1;
        send(&arbiter, Message::Full(number)).await;
    }
    eaten
}

/// Whether each fork is taken.
#[derive(Default)]
struct Forks([bool; PHILOSOPHERS]);

impl Forks {
    /// Takes both forks of a philosopher, when they are there.
    fn take(&mut self, number: usize) -> Answer {
        let (left, right) = (number, (number + 1) % PHILOSOPHERS);
        if self.0[left] || self.0[right] {
            return Answer::Denied;
        }
        self.0[left] = true;
        self.0[right] = true;
        Answer::Eat
    }

    /// Puts both forks back; false when they were not taken.
    fn give(&mut self, number: usize) -> bool {
        let (left, right) = (number, (number + 1) % PHILOSOPHERS);
        let taken = self.0[left] && self.0[right];
        self.0[left] = false;
        self.0[right] = false;
        taken
    }
}

/// Serves the philosophers, and reports whether each fork given back was taken.
async fn arbiter(mut mailbox: Receiver<Message>, philosophers: Vec<Sender<Answer>>) -> bool {
    let (mut forks, mut sound) = (Forks::default(), true);
    while let Some(message) = mailbox.recv().await {
        match message {
            Message::Hungry(number) => send(&philosophers[number], forks.take(number)).await,
            Message::Full(number) => sound &= forks.give(number),
        }
    }
    sound
}

async fn play(meals: usize) -> Outcome {
    // A philosopher may have given its forks back and asked again: two messages each.
    let (to_arbiter, arbiter_mailbox) = channel(2 * PHILOSOPHERS);
    let (to, mailboxes): (Vec<_>, Vec<_>) = (0..PHILOSOPHERS).map(|_| channel(1)).unzip();
    let arbiter = spawn(arbiter(arbiter_mailbox, to));
    let philosophers = mailboxes
        .into_iter()
        .enumerate()
        .map(|(number, mailbox)| spawn(philosopher(number, meals, mailbox, to_arbiter.clone())));
    let philosophers = philosophers.collect();
    drop(to_arbiter);
    let eaten = ends_of(philosophers).await.iter().sum();
    check("no fork was taken twice", end_of(arbiter).await, true)?;
    check("meals", eaten, PHILOSOPHERS * meals)
}

pub fn measure(bench: &Bench) -> Outcome {
    let meals = bench.scaled(10_000);
    let row = Row { name: "dining_philosophers", variant: "", operations: PHILOSOPHERS * meals };
    bench.measure(row, || play(meals))
}
