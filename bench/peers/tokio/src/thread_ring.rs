//! Savina's thread ring: a hundred actors pass on one token.
//!
//! The actor at which the token ends is the first to end itself: the next one has no sender left then,
//! ends as well, and so on, once around.

use tokio::spawn;
use tokio::sync::mpsc::{channel, Receiver, Sender};

use crate::bench::{check, ends_of, send, Bench, Outcome, Row};

const ACTORS: usize = 100;

/// How many hops are left.
struct Token(usize);

/// Passes on the token, and reports whether it has ended here.
async fn actor(mut mailbox: Receiver<Token>, next: Sender<Token>) -> bool {
    while let Some(Token(hops)) = mailbox.recv().await {
        if hops == 0 {
            return true;
        }
        send(&next, Token(hops - 1)).await;
    }
    false
}

async fn play(hops: usize) -> Outcome {
    let (mut to, mailboxes): (Vec<_>, Vec<_>) = (0..ACTORS).map(|_| channel(1)).unzip();
    send(&to[0], Token(hops)).await;
    to.rotate_left(1);
    let ring = mailboxes.into_iter().zip(to).map(|(mailbox, next)| spawn(actor(mailbox, next)));
    let last = ends_of(ring.collect()).await.into_iter().position(|ended| ended);
    check("actor at the end", last, Some(hops % ACTORS))
}

pub fn measure(bench: &Bench) -> Outcome {
    let hops = bench.scaled(100_000);
    let row = Row { name: "thread_ring", variant: "", operations: hops };
    bench.measure(row, || play(hops))
}
