// Savina's fork join (throughput): a sender sends messages to sixty actors, round robin, and each
// message makes its actor compute a sine.
package main

import (
	"errors"
	"math"
)

const (
	throughputActors = 60
	throughputRoom   = 1024
	forkJoinArgument = 37.2
)

// What an actor of the two fork join programs does for a message.
func squaredSine(x float64) {
	sine := math.Sin(x)
	if !(sine*sine > 0) {
		panic("the square of the sine is not above 0")
	}
}

func throughputActor(mailbox <-chan float64, seen chan<- int) {
	count := 0
	for x := range mailbox {
		squaredSine(x)
		count++
	}
	seen <- count
}

func throughputSender(mailboxes []chan float64, messages int) {
	for i := 0; i < messages; i++ {
		for _, to := range mailboxes {
			to <- forkJoinArgument
		}
	}
	for _, to := range mailboxes {
		close(to)
	}
}

func playThroughput(messages int) error {
	mailboxes := make([]chan float64, throughputActors)
	seen := make(chan int, throughputActors)
	for i := range mailboxes {
		mailboxes[i] = make(chan float64, throughputRoom)
		go throughputActor(mailboxes[i], seen)
	}
	go throughputSender(mailboxes, messages)
	var wrong error
	for range mailboxes {
		if <-seen != messages {
			wrong = errors.New("an actor has not seen all its messages")
		}
	}
	return wrong
}

func forkJoinThroughput() error {
	messages := scaled(10_000)
	return row{name: "fork_join_throughput", operations: throughputActors * messages,
		run: func() error { return playThroughput(messages) }}.measure()
}
