// What the programs share: the actor system, how a run is measured, random numbers.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <caf/all.hpp>

namespace bench {

// CAF's two schedulers: one queue that all loops share, first in, first out; or a stack for each,
// from which idle loops steal. The first lets more messages gather before an actor's turn, the second
// contends less; by_loops is the first for one loop, the second for more.
enum class policy { by_loops, sharing, stealing };

constexpr int64_t no_limit = 1'000'000'000;

// What a program goes best with, and how many messages an actor may take in one turn.
struct schedule {
    policy scheduler = policy::by_loops;
    int64_t max_throughput = 20;
};

// A program by its name. A static one in each file puts itself on the list.
struct program {
    program(const char *name, void (*play)(), bench::schedule schedule = {}, int least_loops = 1);

    const char *name;
    void (*play)();
    bench::schedule schedule;
    int least_loops;
    program *next;
};

// One run. It is given an actor that stands for the main thread; when it is back, all others must
// end by themselves.
using run = std::function<void(caf::scoped_actor &)>;

caf::actor_system &system();
uint64_t scaled(uint64_t amount);
uint64_t now();
uint64_t resident_bytes();
double cpu_seconds();

// Ends the process with status 1 where the answer is wrong.
void check(bool right, const char *what);

// Plays one run, until all its actors have ended.
void play_once(const run &run);

// Measures the runs as the README of the suite says, and prints the row.
void measure(const char *name, const char *variant, uint64_t operations, const run &run);

// Prints a row of these samples, `operations` and `cpu` of them all.
void print(const char *name, const char *variant, const char *unit, std::vector<double> samples,
           uint64_t operations, double cpu);

// The next message of this type that the main thread is sent.
template <class T>
T receive(caf::scoped_actor &main)
{
    T value{};
    main->receive([&](const T &got) { value = got; });
    return value;
}

// Ends an actor from outside.
inline void stop(const caf::actor &actor)
{
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
}

// What a handler returns that has no answer: CAF then makes no response promise for it.
using nothing = caf::delegated<void>;

// Sends without a sender to answer to: one allocation, and no reference counted but the receiver's.
template <caf::message_priority Priority = caf::message_priority::normal, class Self, class... Ts>
void tell(Self *self, const caf::actor &to, Ts &&...values)
{
    to->enqueue(caf::make_mailbox_element(nullptr, caf::make_message_id(Priority), caf::no_stages,
                                          std::forward<Ts>(values)...),
                self->context());
}

// The sender of the present message; the handle is taken out of the message, not copied.
template <class Self>
caf::actor take_sender(Self *self)
{
    return caf::actor_cast<caf::actor>(std::move(self->current_sender()));
}

// Sends to whom the present message came from.
template <class Self, class... Ts>
void reply(Self *self, Ts &&...values)
{
    tell(self, take_sender(self), std::forward<Ts>(values)...);
}

// xoshiro256++, seeded by splitmix64 with the number of its actor. What draws many does so from a
// copy, which stays in registers.
class random {
public:
    explicit random(uint64_t seed = 0)
    {
        for (uint64_t &word : state_)
            word = mix(seed);
    }

    uint64_t next()
    {
        uint64_t number = rotate_left(state_[0] + state_[3], 23) + state_[0];
        uint64_t shifted = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = rotate_left(state_[3], 45);
        return number;
    }

    // From 0 to bound - 1.
    uint64_t below(uint64_t bound) { return static_cast<uint64_t>(wide{next()} * bound >> 64); }

    // From 0 to just below 1.
    double real() { return static_cast<double>(next() >> 11) * 0x1p-53; }

private:
    __extension__ using wide = unsigned __int128;

    static uint64_t rotate_left(uint64_t word, int bits) { return word << bits | word >> (64 - bits); }

    static uint64_t mix(uint64_t &seed)
    {
        uint64_t word = seed += 0x9e3779b97f4a7c15u;
        word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9u;
        word = (word ^ word >> 27) * 0x94d049bb133111ebu;
        return word ^ word >> 31;
    }

    uint64_t state_[4];
};

// Keeps the compiler from dropping what computes this value.
template <class T>
void keep(const T &value)
{
    asm volatile("" : : "m"(value) : "memory");
}

// Work: adds up random(1,000) + 10 numbers, where that is wanted.
inline void work(random &numbers, bool wanted)
{
    if (!wanted)
        return;
    random own = numbers;
    uint64_t sum = 0;
    for (uint64_t i = own.below(1000) + 10; i > 0; i--)
        sum += own.next();
    keep(sum);
    numbers = own;
}

} // namespace bench
