// A queue in a ring of fixed room, for actors that keep messages or senders waiting.
package main

type queue[T any] struct {
	ring        []T
	first, used int
}

func newQueue[T any](room int) queue[T] {
	return queue[T]{ring: make([]T, room)}
}

func (q *queue[T]) empty() bool {
	return q.used == 0
}

func (q *queue[T]) full() bool {
	return q.used == len(q.ring)
}

// To be called only when the queue is not full.
func (q *queue[T]) put(value T) {
	place := q.first + q.used
	if place >= len(q.ring) {
		place -= len(q.ring)
	}
	q.ring[place] = value
	q.used++
}

// To be called only when the queue is not empty.
func (q *queue[T]) take() T {
	value := q.ring[q.first]
	q.first++
	if q.first == len(q.ring) {
		q.first = 0
	}
	q.used--
	return value
}
