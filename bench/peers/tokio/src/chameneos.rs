//! Savina's chameneos: creatures of three colours meet in pairs at a mall and change colour.

use tokio::spawn;
use tokio::sync::mpsc::{channel, Receiver, Sender};

use crate::bench::{check, ends_of, send, Bench, Outcome, Row};

const CREATURES: usize = 100;

#[derive(Clone, Copy, PartialEq)]
enum Colour {
    Blue,
    Red,
    Yellow,
}

use Colour::*;

struct Meet {
    creature: usize,
    colour: Colour,
}

/// The colour that two become: their own when they are alike, else the third.
fn complement(a: Colour, b: Colour) -> Colour {
    match (a, b) {
        _ if a == b => a,
        (Blue, Red) | (Red, Blue) => Yellow,
        (Blue, Yellow) | (Yellow, Blue) => Red,
        _ => Blue,
    }
}

/// Meets others until told that the meetings are over, and reports how many it had.
async fn creature(
    number: usize,
    mut colour: Colour,
    mut mailbox: Receiver<Option<Colour>>,
    mall: Sender<Meet>,
) -> usize {
    let mut meetings = 0;
    send(&mall, Meet { creature: number, colour }).await;
    while let Some(Some(other)) = mailbox.recv().await {
        colour = complement(colour, other);
        meetings += 1;
        send(&mall, Meet { creature: number, colour }).await;
    }
    meetings
}

async fn mall(
    mut mailbox: Receiver<Meet>,
    creatures: Vec<Sender<Option<Colour>>>,
    meetings: usize,
) {
    for _ in 0..meetings {
        if let (Some(first), Some(second)) = (mailbox.recv().await, mailbox.recv().await) {
            send(&creatures[first.creature], Some(second.colour)).await;
            send(&creatures[second.creature], Some(first.colour)).await;
        }
    }
    for _ in 0..CREATURES {
        if let Some(last) = mailbox.recv().await {
            send(&creatures[last.creature], None).await;
        }
    }
}

async fn play(meetings: usize) -> Outcome {
    let (to_mall, mailbox) = channel(CREATURES);
    let (to, mailboxes): (Vec<_>, Vec<_>) = (0..CREATURES).map(|_| channel(1)).unzip();
    spawn(mall(mailbox, to, meetings));
    let colours = [Blue, Red, Yellow].into_iter().cycle();
    let creatures = mailboxes.into_iter().zip(colours).enumerate();
    let creatures = creatures.map(|(number, (mailbox, colour))| {
        spawn(creature(number, colour, mailbox, to_mall.clone()))
    });
    let sum = ends_of(creatures.collect()).await.iter().sum();
    check("meetings in the reports", sum, 2 * meetings)
}

pub fn measure(bench: &Bench) -> Outcome {
    let meetings = bench.scaled(200_000);
    let row = Row { name: "chameneos", variant: "", operations: meetings };
    bench.measure(row, || play(meetings))
}
