// How a program is started and measured: run whole, as often as fills a sample.
#include "bench.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <sys/resource.h>
#include <unistd.h>

#include <caf/policy/work_sharing.hpp>
#include <caf/policy/work_stealing.hpp>
#include <caf/scheduler/coordinator.hpp>

namespace {

// CAF's policies, but for this: a worker notes the number of the actor that it runs for the logger,
// behind a lock, even where nothing is logged, unless the thread has no actor system to log for.
template <class Base>
class unlogged : public Base {
public:
    using Base::Base;

    template <class Worker>
    void before_resume(Worker *, caf::resumable *)
    {
        caf::logger::set_current_actor_system(nullptr);
    }
};

constexpr uint64_t sample_ns = 20'000'000;
constexpr uint64_t long_run_ns = 500'000'000;

bench::program *programs;
caf::actor_system *the_system;
int samples_wanted = 7;
double scale = 1;
int loops;

[[noreturn]] void usage()
{
    std::fputs("usage: PROGRAM [--samples K] [--scale F] [--loops N]\n", stderr);
    std::exit(2);
}

double number(const char *text, double least, double most)
{
    char *end = nullptr;
    double n = text != nullptr ? std::strtod(text, &end) : 0;
    if (text == nullptr || *end != '\0' || !(n >= least && n <= most))
        usage();
    return n;
}

void read_options(int argc, char **argv)
{
    for (int i = 2; i < argc; i += 2) {
        if (std::strcmp(argv[i], "--samples") == 0)
            samples_wanted = static_cast<int>(number(argv[i + 1], 1, 1000));
        else if (std::strcmp(argv[i], "--scale") == 0)
            scale = number(argv[i + 1], 0.001, 1000);
        else if (std::strcmp(argv[i], "--loops") == 0)
            loops = static_cast<int>(number(argv[i + 1], 1, 256));
        else
            usage();
    }
}

const bench::program *find(const char *name)
{
    for (auto *program = programs; program != nullptr; program = program->next)
        if (std::strcmp(program->name, name) == 0)
            return program;
    return nullptr;
}

template <class Policy>
void load(caf::actor_system_config &config)
{
    config.load<caf::scheduler::coordinator<unlogged<Policy>>>();
}

void configure(caf::actor_system_config &config, const bench::program &program)
{
    int64_t threads = std::max(loops, program.least_loops);
    config.set("scheduler.max-threads", threads);
    config.set("scheduler.max-throughput", program.schedule.max_throughput);
    auto policy = program.schedule.scheduler;
    if (policy == bench::policy::sharing || (policy == bench::policy::by_loops && threads == 1))
        load<caf::policy::work_sharing>(config);
    else
        load<caf::policy::work_stealing>(config);
}

uint64_t run_times(const bench::run &run, uint64_t times)
{
    uint64_t before = bench::now();
    for (uint64_t i = 0; i < times; i++)
        bench::play_once(run);
    return bench::now() - before;
}

// How many runs fill a sample, and how long one takes. Runs that many, or more, to find out.
std::pair<uint64_t, uint64_t> runs_in_sample(const bench::run &run)
{
    for (uint64_t runs = 1;; runs *= 2) {
        uint64_t elapsed = run_times(run, runs);
        uint64_t each = std::max<uint64_t>(elapsed / runs, 1);
        if (elapsed >= sample_ns)
            return {sample_ns / each + 1, each};
    }
}

uint64_t peak_rss_bytes()
{
    rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<uint64_t>(usage.ru_maxrss) * 1024;
}

double seconds(const timeval &time)
{
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

} // namespace

namespace bench {

program::program(const char *name, void (*play)(), bench::schedule schedule, int least_loops)
    : name(name), play(play), schedule(schedule), least_loops(least_loops), next(programs)
{
    programs = this;
}

caf::actor_system &system()
{
    return *the_system;
}

uint64_t scaled(uint64_t amount)
{
    double wanted = static_cast<double>(amount) * scale;
    return wanted < 1 ? 1 : static_cast<uint64_t>(wanted);
}

uint64_t now()
{
    auto since = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<uint64_t>(std::chrono::nanoseconds(since).count());
}

uint64_t resident_bytes()
{
    unsigned long total = 0, resident = 0;
    FILE *file = std::fopen("/proc/self/statm", "r");
    check(file != nullptr && std::fscanf(file, "%lu %lu", &total, &resident) == 2, "no statm");
    std::fclose(file);
    return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

double cpu_seconds()
{
    rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void check(bool right, const char *what)
{
    if (right)
        return;
    std::fprintf(stderr, "wrong: %s\n", what);
    std::_Exit(1);
}

void play_once(const run &run)
{
    {
        caf::scoped_actor main{system(), true};
        run(main);
    }
    system().await_all_actors_done();
}

void measure(const char *name, const char *variant, uint64_t operations, const run &run)
{
    auto [runs, each] = runs_in_sample(run);
    int wanted = each > long_run_ns ? 1 : samples_wanted;
    std::vector<double> samples;
    double cpu = cpu_seconds();
    for (int i = 0; i < wanted; i++) {
        auto elapsed = static_cast<double>(run_times(run, runs));
        samples.push_back(elapsed / static_cast<double>(runs * operations));
    }
    print(name, variant, "ns", samples, runs * operations * samples.size(), cpu_seconds() - cpu);
}

void print(const char *name, const char *variant, const char *unit, std::vector<double> samples,
           uint64_t operations, double cpu)
{
    std::sort(samples.begin(), samples.end());
    size_t n = samples.size();
    double median = (samples[(n - 1) / 2] + samples[n / 2]) / 2;
    std::printf("{\"name\": \"%s\", \"variant\": \"%s\", \"unit\": \"%s\", \"median\": %.6g, "
                "\"low\": %.6g, \"high\": %.6g, \"operations\": %llu, \"cpu_seconds\": %.3f, "
                "\"peak_rss_bytes\": %llu}\n",
                name, variant, unit, median, samples.front(), samples.back(),
                static_cast<unsigned long long>(operations), cpu,
                static_cast<unsigned long long>(peak_rss_bytes()));
    std::fflush(stdout);
}

} // namespace bench

int main(int argc, char **argv)
{
    if (argc < 2)
        usage();
    const bench::program *program = find(argv[1]);
    if (program == nullptr) {
        std::fprintf(stderr, "no program %s\n", argv[1]);
        return 3;
    }
    read_options(argc, argv);
    caf::actor_system_config config;
    configure(config, *program);
    caf::actor_system system{config};
    the_system = &system;
    program->play();
    return 0;
}
