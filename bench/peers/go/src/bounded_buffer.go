// Savina's bounded buffer: producers and consumers, and a manager with room for fifty items.
//
// The manager asks for an item only when it has room for it. A producer is asked for one item at a
// time and a consumer sent one at a time: a mailbox with room for one is enough for either, so that
// the manager never waits in a send, and whoever waits for room in its mailbox gets it.
package main

import "math"

const (
	bufferRoom      = 50
	bufferProducers = 40
	bufferConsumers = 40
	itemCost        = 25 * 100 // logarithms to make an item, or use it
)

// What the manager is told: here is an item, here is my last, or I am free.
const (
	bufferItem = iota
	bufferLastItem
	bufferFree
)

type bufferMessage struct {
	item   float64
	number int32 // of the producer or consumer
	kind   uint8
}

func bufferProducer(number, items, cost int, mailbox <-chan struct{}, manager chan<- bufferMessage) {
	random := newRandom(number)
	for i := 1; i <= items; i++ {
		<-mailbox
		message := bufferMessage{item: random.logarithms(cost), number: int32(number), kind: bufferItem}
		if i == items {
			message.kind = bufferLastItem
		}
		manager <- message
	}
}

// Uses items until the mailbox is closed, and tells how many there were.
func bufferConsumer(number, cost int, mailbox <-chan float64, manager chan<- bufferMessage, used chan<- int) {
	random, count, sum := newRandom(bufferProducers+number), 0, 0.0
	manager <- bufferMessage{number: int32(number), kind: bufferFree}
	for item := range mailbox {
		sum += item + random.logarithms(cost)
		count++
		manager <- bufferMessage{number: int32(number), kind: bufferFree}
	}
	if math.IsNaN(sum) {
		panic("an item is not a number")
	}
	used <- count
}

type bufferManager struct {
	producers []chan struct{}
	consumers []chan float64
	items     queue[float64] // waiting for a consumer
	free      queue[int32]   // consumers waiting for an item
	waiting   queue[int32]   // producers waiting for room
	promised  int            // items that wait or are being made
	left      int            // producers that have not made their last item
}

func newBufferManager() *bufferManager {
	m := &bufferManager{
		items:   newQueue[float64](bufferRoom),
		free:    newQueue[int32](bufferConsumers),
		waiting: newQueue[int32](bufferProducers),
		left:    bufferProducers,
	}
	for i := 0; i < bufferProducers; i++ {
		m.producers = append(m.producers, make(chan struct{}, 1))
		m.waiting.put(int32(i))
	}
	for i := 0; i < bufferConsumers; i++ {
		m.consumers = append(m.consumers, make(chan float64, 1))
	}
	return m
}

// Sends items to free consumers, and has more made while there is room.
func (m *bufferManager) match() {
	for !m.items.empty() && !m.free.empty() {
		m.consumers[m.free.take()] <- m.items.take()
		m.promised--
	}
	for !m.waiting.empty() && m.promised < bufferRoom {
		m.producers[m.waiting.take()] <- struct{}{}
		m.promised++
	}
}

func (m *bufferManager) handle(message bufferMessage) {
	switch message.kind {
	case bufferItem:
		m.items.put(message.item)
		m.waiting.put(message.number)
	case bufferLastItem:
		m.items.put(message.item)
		m.left--
	case bufferFree:
		m.free.put(message.number)
	}
	m.match()
}

// Goes on until all items are made and used, then ends the consumers.
func (m *bufferManager) run(mailbox <-chan bufferMessage) {
	m.match()
	for m.left > 0 || m.promised > 0 || !m.free.full() {
		m.handle(<-mailbox)
	}
	for _, consumer := range m.consumers {
		close(consumer)
	}
}

func playBuffer(items, cost int) error {
	manager, used := make(chan bufferMessage, bufferProducers+bufferConsumers), make(chan int, bufferConsumers)
	m := newBufferManager()
	for i, mailbox := range m.producers {
		go bufferProducer(i, items, cost, mailbox, manager)
	}
	for i, mailbox := range m.consumers {
		go bufferConsumer(i, cost, mailbox, manager, used)
	}
	go m.run(manager)
	sum := 0
	for range m.consumers {
		sum += <-used
	}
	return check("items used", sum, bufferProducers*items)
}

func boundedBuffer() error {
	items := scaled(1_000)
	err := row{name: "bounded_buffer", operations: bufferProducers * items,
		run: func() error { return playBuffer(items, itemCost) }}.measure()
	if err != nil {
		return err
	}
	return row{name: "bounded_buffer", variant: "no cost", operations: bufferProducers * items,
		run: func() error { return playBuffer(items, 0) }}.measure()
}
