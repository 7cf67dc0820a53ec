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

// xorshift64*, seeded with the number of its actor.
class random {
public:
    explicit random(uint64_t seed = 0) : state_((seed + 1) * 0x9e3779b97f4a7c15u) {}

    uint64_t next()
    {
        state_ ^= state_ >> 12;
        state_ ^= state_ << 25;
        state_ ^= state_ >> 27;
        return state_ * 0x2545f4914f6cdd1du;
    }

    // From 0 to bound - 1.
    uint64_t below(uint64_t bound) { return ((next() >> 32) * bound) >> 32; }

    // From 0 to just below 1.
    double real() { return static_cast<double>(next() >> 11) * 0x1p-53; }

private:
    uint64_t state_;
};

// Keeps the compiler from dropping what computes this value.
template <class T>
void keep(const T &value)
{
    asm volatile("" : : "m"(value) : "memory");
}

} // namespace bench
