//! Savina's cigarette smokers: an arbiter sends one of many smokers, at random, to smoke, each round.

use tokio::spawn;
use tokio::sync::mpsc::{channel, Receiver, Sender};

use crate::bench::{check, ends_of, send, Bench, Outcome, Row};
use crate::random::Random;

const SMOKERS: usize = 200;
const ROOM: usize = 8;
const ARBITER_NUMBER: usize = SMOKERS;

/// What a smoker is told, and what it tells the arbiter.
struct Smoke;
struct Begun;

/// Smokes when told to, and reports how many rounds there were.
async fn smoker(
    number: usize,
    works: bool,
    mut mailbox: Receiver<Smoke>,
    arbiter: Sender<Begun>,
) -> usize {
    let (mut random, mut rounds) = (Random::new(number), 0);
    while let Some(Smoke) = mailbox.recv().await {
        rounds += 1;
        send(&arbiter, Begun).await;
        if works {
            random.work();
        }
    }
    rounds
}

async fn arbiter(rounds: usize, mut mailbox: Receiver<Begun>, smokers: Vec<Sender<Smoke>>) {
    let mut random = Random::new(ARBITER_NUMBER);
    for _ in 0..rounds {
        send(&smokers[random.below(SMOKERS)], Smoke).await;
        mailbox.recv().await;
    }
}

async fn play(rounds: usize, works: bool) -> Outcome {
    let (to_arbiter, mailbox) = channel(1);
    let (to, mailboxes): (Vec<_>, Vec<_>) = (0..SMOKERS).map(|_| channel(ROOM)).unzip();
    let smokers = mailboxes
        .into_iter()
        .enumerate()
        .map(|(number, mailbox)| spawn(smoker(number, works, mailbox, to_arbiter.clone())));
    let smokers = smokers.collect();
    spawn(arbiter(rounds, mailbox, to));
    check("rounds smoked", ends_of(smokers).await.iter().sum(), rounds)
}

pub fn measure(bench: &Bench) -> Outcome {
    let rounds = bench.scaled(1_000);
    for (variant, works) in [("", true), ("no cost", false)] {
        let row = Row { name: "cigarette_smokers", variant, operations: rounds };
        bench.measure(row, || play(rounds, works))?;
    }
    Ok(())
}
