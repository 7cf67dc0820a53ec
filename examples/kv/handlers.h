/**
 * @file handlers.h
 * @brief What the commands do. Only the table of commands calls these.
 *
 * Each carries out the command it is named for, as Redis 7.0 does, and writes one
 * reply.
 */
#ifndef KV_HANDLERS_H
#define KV_HANDLERS_H

#include "commands.h"

/* On a shard: texts */
command_run_fn strings_get, strings_getset, strings_getdel, strings_mget, strings_strlen;
command_run_fn strings_setnx, set_setex, set_psetex, strings_mset, strings_append;
command_run_fn strings_incr, strings_decr, strings_incrby, strings_decrby;
command_run_fn set_set;

/* On a shard: lists */
command_run_fn lists_lpush, lists_rpush, lists_lpop, lists_rpop, lists_llen, lists_lrange;

/* On a shard: hashes */
command_run_fn hashes_hset, hashes_hmset, hashes_hget, hashes_hmget, hashes_hdel, hashes_hlen;
command_run_fn hashes_hexists, hashes_hgetall;

/* On a shard: keys, whatever their values */
command_run_fn keys_del, keys_exists, keys_type, keys_dbsize, keys_flush, keys_random, keys_figures;
command_run_fn scan_keys, scan_scan;
command_run_fn expiry_expire, expiry_pexpire, expiry_expireat, expiry_pexpireat, expiry_persist;
command_run_fn expiry_ttl, expiry_pttl, expiry_expiretime, expiry_pexpiretime;

/* Where the connection is */
command_answer_fn session_ping, session_echo, session_hello, session_select, session_auth;
command_answer_fn session_quit;
command_answer_fn client_command, config_command, catalogue_command;

#endif
