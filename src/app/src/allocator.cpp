// What jemalloc, which the program is linked with, reads at start ("TUNING" of jemalloc(3)).
//
// Few arenas and nothing retained: memory that a burst took goes back to the system, and threads that hand each other
// what they allocated (loops, commits, RocksDB) don't each keep a pile of it.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "narenas:4,retain:false,background_thread:true";
}
