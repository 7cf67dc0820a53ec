// Savina's dining philosophers: twenty philosophers ask an arbiter for their two forks.
//
// One that was denied yields before it asks again: a goroutine woken by a message runs next, so that
// on one thread it and the arbiter would else keep the others, and the forks, for a whole time slice.
package main

import (
	"errors"
	"runtime"
)

const philosophers = 20

const (
	philosopherHungry = iota
	philosopherFull
)

type philosopherMessage struct {
	number uint8
	kind   uint8
}

// What the arbiter says: eat, or not now.
type mayEat bool

func philosopher(number, meals int, mailbox <-chan mayEat, arbiter chan<- philosopherMessage, eaten chan<- int) {
	count := 0
	for count < meals {
		arbiter <- philosopherMessage{uint8(number), philosopherHungry}
		if !<-mailbox {
			runtime.Gosched()
			continue
		}
		count++
		arbiter <- philosopherMessage{uint8(number), philosopherFull}
	}
	eaten <- count
}

type forks [philosophers]bool

// Takes both forks of a philosopher, when they are there.
func (f *forks) take(number int) mayEat {
	left, right := &f[number], &f[(number+1)%philosophers]
	if *left || *right {
		return false
	}
	*left, *right = true, true
	return true
}

// Puts both forks back; false when they were not taken.
func (f *forks) give(number int) bool {
	left, right := &f[number], &f[(number+1)%philosophers]
	taken := *left && *right
	*left, *right = false, false
	return taken
}

// Serves until all meals have been had, and says whether each fork given back was taken.
func arbiter(meals int, mailbox <-chan philosopherMessage, to []chan mayEat, sound chan<- bool) {
	var forks forks
	right := true
	for meals > 0 {
		message := <-mailbox
		if message.kind == philosopherHungry {
			to[message.number] <- forks.take(int(message.number))
			continue
		}
		right = forks.give(int(message.number)) && right
		meals--
	}
	sound <- right
}

func playPhilosophers(meals int) error {
	// A philosopher may have given its forks back and asked again: two messages each.
	mailbox, sound := make(chan philosopherMessage, 2*philosophers), make(chan bool, 1)
	table, eaten := make([]chan mayEat, philosophers), make(chan int, philosophers)
	for i := range table {
		table[i] = make(chan mayEat, 1)
		go philosopher(i, meals, table[i], mailbox, eaten)
	}
	go arbiter(philosophers*meals, mailbox, table, sound)
	sum := 0
	for range table {
		sum += <-eaten
	}
	if !<-sound {
		return errors.New("a fork was taken twice")
	}
	return check("meals", sum, philosophers*meals)
}

func diningPhilosophers() error {
	meals := scaled(10_000)
	return row{name: "dining_philosophers", operations: philosophers * meals,
		run: func() error { return playPhilosophers(meals) }}.measure()
}
