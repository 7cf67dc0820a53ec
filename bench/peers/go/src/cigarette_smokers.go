// Savina's cigarette smokers: an arbiter sends one of many smokers, at random, to smoke, each round.
package main

const (
	smokers       = 200
	smokerRoom    = 8
	arbiterNumber = smokers
)

// An order to smoke, or what a smoker tells the arbiter: that it has begun.
type (
	smokeOrder struct{ round int32 }
	smokeBegun struct{ round int32 }
)

// Smokes until the mailbox is closed, and tells how many rounds there were.
func smoker(number int, works bool, mailbox <-chan smokeOrder, arbiter chan<- smokeBegun, rounds chan<- int) {
	random, count := newRandom(number), 0
	for order := range mailbox {
		count++
		arbiter <- smokeBegun{order.round}
		if works {
			random.work()
		}
	}
	rounds <- count
}

func smokeArbiter(rounds int, mailbox <-chan smokeBegun, to []chan smokeOrder) {
	random := newRandom(arbiterNumber)
	for i := 0; i < rounds; i++ {
		to[random.below(smokers)] <- smokeOrder{int32(i)}
		<-mailbox
	}
	for _, mailbox := range to {
		close(mailbox)
	}
}

func playSmokers(rounds int, works bool) error {
	arbiter, smoked := make(chan smokeBegun, 1), make(chan int, smokers)
	to := make([]chan smokeOrder, smokers)
	for i := range to {
		to[i] = make(chan smokeOrder, smokerRoom)
		go smoker(i, works, to[i], arbiter, smoked)
	}
	go smokeArbiter(rounds, arbiter, to)
	sum := 0
	for range to {
		sum += <-smoked
	}
	return check("rounds smoked", sum, rounds)
}

func cigaretteSmokers() error {
	rounds := scaled(1_000)
	err := row{name: "cigarette_smokers", operations: rounds,
		run: func() error { return playSmokers(rounds, true) }}.measure()
	if err != nil {
		return err
	}
	return row{name: "cigarette_smokers", variant: "no cost", operations: rounds,
		run: func() error { return playSmokers(rounds, false) }}.measure()
}
