// Savina's sleeping barber: a factory sends customers to a waiting room, a barber cuts their hair.
//
//	factory --enter--> room --customer--> barber --done--> customer --done--> factory
//	        <-returned--    <----free----
//
// The factory's mailbox has room for one message of each customer, so that neither the room nor a
// customer ever waits for the factory, which may itself be waiting for the room.
package main

const (
	waitingRoomSeats = 1_000
	waitingRoomRoom  = 64
	factoryNumber    = 1
	barberNumber     = 2
)

// A customer is known by its mailbox.
type customer chan struct{}

// What the room is told: a customer comes in, the day is over, or, with neither, the barber is free.
type roomMessage struct {
	enters customer
	over   bool
}

// What the factory is told: a customer was sent back, or, with none, one has had its haircut.
type factoryMessage struct{ returned customer }

// What the barber is told: a customer, or, with none, to sleep.
type barberMessage struct{ next customer }

func runCustomer(self customer, factory chan<- factoryMessage) {
	<-self
	factory <- factoryMessage{}
}

type barberShop struct {
	customers int
	works     bool // whether random numbers are drawn
	factory   chan factoryMessage
	room      chan roomMessage
	barber    chan barberMessage
	result    chan int
	ended     chan struct{}
}

// Sends all customers, then again those sent back, until each has had its haircut.
func (s *barberShop) runFactory() {
	random, haircuts := newRandom(factoryNumber), 0
	for i := 0; i < s.customers; i++ {
		self := make(customer, 1)
		go runCustomer(self, s.factory)
		s.room <- roomMessage{enters: self}
		if s.works {
			random.work()
		}
	}
	for haircuts < s.customers {
		message := <-s.factory
		if message.returned != nil {
			s.room <- roomMessage{enters: message.returned}
		} else {
			haircuts++
		}
	}
	s.room <- roomMessage{over: true}
	s.result <- haircuts
}

// Sends the barber the next customer, or to sleep; says whether it sleeps.
func (s *barberShop) sendNext(seats *queue[customer]) bool {
	if seats.empty() {
		s.barber <- barberMessage{}
		return true
	}
	s.barber <- barberMessage{seats.take()}
	return false
}

// Goes on until the day is over and the barber, who may still have to say that it is free, sleeps.
func (s *barberShop) runRoom() {
	seats, asleep, over := newQueue[customer](waitingRoomSeats), true, false
	for !over || !asleep {
		message := <-s.room
		switch {
		case message.over:
			over = true
		case message.enters == nil:
			asleep = s.sendNext(&seats)
		case seats.full():
			s.factory <- factoryMessage{message.enters}
		default:
			seats.put(message.enters)
			asleep = asleep && s.sendNext(&seats)
		}
	}
	close(s.barber)
}

func (s *barberShop) runBarber() {
	random := newRandom(barberNumber)
	for message := range s.barber {
		if message.next == nil {
			continue
		}
		if s.works {
			random.work()
		}
		message.next <- struct{}{}
		s.room <- roomMessage{}
	}
	close(s.ended)
}

func playBarber(customers int, works bool) error {
	s := &barberShop{
		customers: customers,
		works:     works,
		factory:   make(chan factoryMessage, customers),
		room:      make(chan roomMessage, waitingRoomRoom),
		barber:    make(chan barberMessage, 2),
		result:    make(chan int, 1),
		ended:     make(chan struct{}),
	}
	go s.runRoom()
	go s.runBarber()
	go s.runFactory()
	haircuts := <-s.result
	<-s.ended
	return check("haircuts", haircuts, customers)
}

func sleepingBarber() error {
	customers := scaled(5_000)
	err := row{name: "sleeping_barber", operations: customers,
		run: func() error { return playBarber(customers, true) }}.measure()
	if err != nil {
		return err
	}
	return row{name: "sleeping_barber", variant: "no cost", operations: customers,
		run: func() error { return playBarber(customers, false) }}.measure()
}
