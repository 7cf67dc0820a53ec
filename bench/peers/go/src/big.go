// Savina's big: each of many actors sends pings to others, at random, and answers theirs.
//
// An actor has one ping under way at a time: a mailbox never holds more than one of each actor, and
// the one pong. With room for these nobody waits in a send, so that two cannot wait for each other.
package main

const (
	bigActors = 120
	bigRoom   = bigActors + 1
)

// A ping says who sent it; a pong says that it is one.
type bigMessage int32

const bigPong bigMessage = -1

type bigReport struct{ pings, pongs int }

type bigActor struct {
	number int
	actors []chan bigMessage
	pings  int
	random random
	report bigReport
}

func (a *bigActor) ping() {
	a.actors[a.random.below(bigActors)] <- bigMessage(a.number)
}

// Handles messages until the mailbox is closed; says when it has had its last pong.
func (a *bigActor) run(done chan<- int, reports chan<- bigReport) {
	a.ping()
	for message := range a.actors[a.number] {
		if message != bigPong {
			a.report.pings++
			a.actors[message] <- bigPong
			continue
		}
		a.report.pongs++
		if a.report.pongs < a.pings {
			a.ping()
		} else {
			done <- a.number
		}
	}
	reports <- a.report
}

func startBig(actors []chan bigMessage, pings int, done chan<- int, reports chan<- bigReport) {
	for i := range actors {
		actors[i] = make(chan bigMessage, bigRoom)
	}
	for i := range actors {
		a := &bigActor{number: i, actors: actors, pings: pings, random: newRandom(i)}
		go a.run(done, reports)
	}
}

func playBig(pings int) error {
	actors := make([]chan bigMessage, bigActors)
	done, reports := make(chan int, bigActors), make(chan bigReport, bigActors)
	startBig(actors, pings, done, reports)
	for range actors {
		<-done
	}
	sum := bigReport{}
	for _, mailbox := range actors {
		close(mailbox)
	}
	for range actors {
		report := <-reports
		sum.pings += report.pings
		sum.pongs += report.pongs
	}
	if err := check("pongs", sum.pongs, bigActors*pings); err != nil {
		return err
	}
	return check("pings", sum.pings, bigActors*pings)
}

func big() error {
	pings := scaled(20_000)
	return row{name: "big", operations: 2 * bigActors * pings,
		run: func() error { return playBig(pings) }}.measure()
}
