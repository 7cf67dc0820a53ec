/*
 * Poison: tells AddressSanitizer what nobody may touch for now, where it is built in.
 *
 * Who releases memory unpoisons it first: the next one to map these addresses is a stranger.
 */
#ifndef GREENROOM_BASE_POISON_H
#define GREENROOM_BASE_POISON_H

#if defined(__SANITIZE_ADDRESS__)
#define GR__POISON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GR__POISON 1
#endif
#endif

#ifdef GR__POISON
#include <sanitizer/asan_interface.h>
#define gr__poison(address, bytes) __asan_poison_memory_region(address, bytes)
#define gr__unpoison(address, bytes) __asan_unpoison_memory_region(address, bytes)
#else
#define gr__poison(address, bytes) ((void)(address), (void)(bytes))
#define gr__unpoison(address, bytes) ((void)(address), (void)(bytes))
#endif

#endif
