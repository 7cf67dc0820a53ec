// Fast random numbers: xoshiro256++, one generator an actor, seeded with the actor's number.
package main

import (
	"math"
	"math/bits"
)

type random struct{ a, b, c, d uint64 }

// The state is what splitmix64 gives from the number.
func newRandom(number int) random {
	seed := uint64(number)
	return random{mix(&seed), mix(&seed), mix(&seed), mix(&seed)}
}

func mix(seed *uint64) uint64 {
	*seed += 0x9e3779b97f4a7c15
	word := *seed
	word = (word ^ word>>30) * 0xbf58476d1ce4e5b9
	word = (word ^ word>>27) * 0x94d049bb133111eb
	return word ^ word>>31
}

// The next number, and the generator after it. As a value it stays in registers: behind a pointer each
// number would go through memory.
func (r random) step() (uint64, random) {
	c, d := r.c^r.a, r.d^r.b
	after := random{r.a ^ d, r.b ^ c, c ^ r.b<<17, bits.RotateLeft64(d, 45)}
	return bits.RotateLeft64(r.a+r.d, 23) + r.a, after
}

func (r *random) next() (number uint64) {
	number, *r = r.step()
	return number
}

// A number from 0 to n - 1.
func (r *random) below(n int) int {
	number, _ := bits.Mul64(r.next(), uint64(n))
	return int(number)
}

// A number from 0 up to, not including, 1.
func (r *random) unit() float64 {
	return float64(r.next()>>11) / (1 << 53)
}

// The sum of the logarithms of so many numbers.
func (r *random) logarithms(count int) (sum float64) {
	for ; count > 0; count-- {
		sum += math.Log(r.unit() + 0.01)
	}
	return sum
}

// Work: the sum of random(1,000) + 10 numbers.
func (r *random) work() (sum uint64) {
	count, own := r.below(1000)+10, *r
	for ; count > 0; count-- {
		var number uint64
		number, own = own.step()
		sum += number
	}
	*r = own
	return sum
}
