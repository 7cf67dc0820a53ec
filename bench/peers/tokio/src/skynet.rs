//! Skynet: an actor spawns ten, each of which spawns ten, down to the leaves, which tell their number
//! to their parent; parents tell the sum to theirs.

use tokio::spawn;
use tokio::sync::mpsc::{channel, Sender};

use crate::bench::{check, send, Bench, Outcome, Row};

const CHILDREN: usize = 10;

/// Starts one actor: a leaf, or the parent of ten that share its numbers.
fn start(parent: Sender<usize>, number: usize, leaves: usize) {
    if leaves == 1 {
        spawn(async move { send(&parent, number).await });
    } else {
        spawn(async move { send(&parent, sum_of_children(number, leaves / CHILDREN).await).await });
    }
}

async fn sum_of_children(number: usize, share: usize) -> usize {
    let (this, mut mailbox) = channel(CHILDREN);
    for child in 0..CHILDREN {
        start(this.clone(), number + child * share, share);
    }
    drop(this);
    let mut sum = 0;
    while let Some(share_sum) = mailbox.recv().await {
        sum += share_sum;
    }
    sum
}

async fn play(leaves: usize) -> Outcome {
    let (this, mut mailbox) = channel(1);
    start(this, 0, leaves);
    check("sum of the leaves", mailbox.recv().await, Some(leaves * (leaves - 1) / 2))
}

/// The power of ten that is not above the amount, but ten at least.
fn power_of_ten(amount: usize) -> usize {
    let mut power = CHILDREN;
    while power * CHILDREN <= amount {
        power *= CHILDREN;
    }
    power
}

pub fn measure(bench: &Bench) -> Outcome {
    let leaves = power_of_ten(bench.scaled(1_000_000));
    let row = Row { name: "skynet", variant: "", operations: leaves };
    bench.measure(row, || play(leaves))
}
