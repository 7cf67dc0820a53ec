// Fast random numbers: xorshift, one generator an actor, seeded with the actor's number.
package main

type random uint64

// The seed is spread over all bits, and never comes to 0, which xorshift would stay at.
func newRandom(number int) random {
	seed := (uint64(number) + 1) * 0x9e3779b97f4a7c15
	seed = (seed ^ seed>>30) * 0xbf58476d1ce4e5b9
	seed = (seed ^ seed>>27) * 0x94d049bb133111eb
	return random((seed ^ seed>>31) | 1)
}

func (r *random) next() uint64 {
	x := uint64(*r)
	x ^= x << 13
	x ^= x >> 7
	x ^= x << 17
	*r = random(x)
	return x
}

// A number from 0 to n - 1.
func (r *random) below(n int) int {
	return int(r.next() >> 32 * uint64(n) >> 32)
}

// A number from 0 up to, not including, 1.
func (r *random) unit() float64 {
	return float64(r.next()>>11) / (1 << 53)
}

// Work: draws random(1,000) + 10 numbers.
func (r *random) work() {
	for n := r.below(1000) + 10; n > 0; n-- {
		r.next()
	}
}
