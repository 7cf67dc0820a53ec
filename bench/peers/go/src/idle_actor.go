// What an idle actor costs in memory: each has a state of 16 bytes and was proved alive by a message.
//
// Measured once, in a fresh process: actors that ended leave memory behind that the next would use.
package main

type idleState struct{ messages, sum uint64 }

// Counts messages and adds their numbers up; tells when it has handled one, and its state in the end.
func idle(mailbox <-chan uint64, alive chan<- idleState) {
	var state idleState
	for number := range mailbox {
		state.messages++
		state.sum += number
		alive <- state
	}
	alive <- state
}

func (s *idleState) add(other idleState) {
	s.messages += other.messages
	s.sum += other.sum
}

// Spawns an actor for each mailbox, and proves each alive.
func startIdle(mailboxes []chan uint64, alive chan idleState) (states idleState) {
	for i := range mailboxes {
		mailboxes[i] = make(chan uint64, 1)
		go idle(mailboxes[i], alive)
		mailboxes[i] <- uint64(i)
		states.add(<-alive)
	}
	return states
}

func endIdle(mailboxes []chan uint64, alive chan idleState) (states idleState) {
	for i := range mailboxes {
		close(mailboxes[i])
		states.add(<-alive)
	}
	return states
}

func checkIdle(states idleState, actors int) error {
	if err := check("actors alive", int(states.messages), actors); err != nil {
		return err
	}
	return check("sum of the messages", int(states.sum), actors*(actors-1)/2)
}

func idleActor() error {
	actors := scaled(1_000_000)
	mailboxes, alive := make([]chan uint64, actors), make(chan idleState, 1)
	before, cpu := residentBytes(), cpuSeconds()
	states := startIdle(mailboxes, alive)
	each := float64(residentBytes()-before) / float64(actors)
	cpu = cpuSeconds() - cpu
	if err := checkIdle(states, actors); err != nil {
		return err
	}
	if err := checkIdle(endIdle(mailboxes, alive), actors); err != nil {
		return err
	}
	row{name: "idle_actor"}.print("bytes", []float64{each}, actors, cpu)
	return nil
}
