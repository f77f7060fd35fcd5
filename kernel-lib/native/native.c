/*
 * What JavaScript cannot do itself, on Node-API alone.
 *
 * Weak references that a garbage collection clears at once, also one of the young generation, and also in the middle of
 * a synchronous loop: JavaScript's own WeakRef keeps its target alive until the running job ends.
 *
 *   watch(object) -> slot      refers to an object
 *   get(slot) -> object        undefined where it has been collected
 *   release(slot)              ends the reference
 *   collected() -> slot[]      the slots whose objects have been collected; each is told once, and released
 *
 * Calls that no signal interrupts: some of TensorFlow's matrix products (oneDNN's for AVX2) use the stack pointer for
 * something else meanwhile, and whatever handles a signal on the same thread then writes into the heap.
 *
 *   uninterrupted(function) -> what it returns
 *
 * Calls whose output to file descriptor 2 is dropped: TensorFlow writes notices there that no setting keeps back.
 *
 *   muted(function) -> what it returns
 */
#define NAPI_VERSION 8
#include <node_api.h>
#include <stdlib.h>
#ifndef _WIN32
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#endif

typedef struct {
  napi_ref* references; /* NULL where the slot is free */
  uint32_t* free_slots;
  uint32_t used, capacity, free_count;
} Slots;

static void fail(napi_env env, const char* message) { napi_throw_error(env, NULL, message); }

static Slots* arguments(napi_env env, napi_callback_info info, napi_value* argument) {
  void* data = NULL;
  size_t count = 1;
  napi_get_cb_info(env, info, &count, argument, NULL, &data);
  return data;
}

static uint32_t slot_of(napi_env env, const Slots* slots, napi_value value) {
  uint32_t slot = 0;
  if (napi_get_value_uint32(env, value, &slot) != napi_ok || slot >= slots->used || slots->references[slot] == NULL) {
    fail(env, "native: there is no such slot");
    return UINT32_MAX;
  }
  return slot;
}

static int grow(Slots* slots) {
  const uint32_t capacity = slots->capacity ? 2 * slots->capacity : 256;
  napi_ref* references = realloc(slots->references, capacity * sizeof *references);
  if (references == NULL) return 0;
  slots->references = references;
  uint32_t* free_slots = realloc(slots->free_slots, capacity * sizeof *free_slots);
  if (free_slots == NULL) return 0;
  slots->free_slots = free_slots;
  slots->capacity = capacity;
  return 1;
}

static void end_reference(napi_env env, Slots* slots, uint32_t slot) {
  napi_delete_reference(env, slots->references[slot]);
  slots->references[slot] = NULL;
  slots->free_slots[slots->free_count++] = slot;
}

static napi_value watch(napi_env env, napi_callback_info info) {
  napi_value object;
  Slots* slots = arguments(env, info, &object);
  napi_ref reference;
  if (napi_create_reference(env, object, 0, &reference) != napi_ok) {
    fail(env, "native: only objects can be watched");
    return NULL;
  }
  if (slots->free_count == 0 && slots->used == slots->capacity && !grow(slots)) {
    napi_delete_reference(env, reference);
    fail(env, "native: out of memory");
    return NULL;
  }
  const uint32_t slot = slots->free_count > 0 ? slots->free_slots[--slots->free_count] : slots->used++;
  slots->references[slot] = reference;
  napi_value result;
  napi_create_uint32(env, slot, &result);
  return result;
}

static napi_value get(napi_env env, napi_callback_info info) {
  napi_value value;
  Slots* slots = arguments(env, info, &value);
  const uint32_t slot = slot_of(env, slots, value);
  if (slot == UINT32_MAX) return NULL;
  napi_value object = NULL;
  napi_get_reference_value(env, slots->references[slot], &object);
  return object;
}

static napi_value release(napi_env env, napi_callback_info info) {
  napi_value value;
  Slots* slots = arguments(env, info, &value);
  const uint32_t slot = slot_of(env, slots, value);
  if (slot != UINT32_MAX) end_reference(env, slots, slot);
  return NULL;
}

static napi_value collected(napi_env env, napi_callback_info info) {
  Slots* slots = arguments(env, info, &(napi_value){NULL});
  napi_value result;
  napi_create_array(env, &result);
  uint32_t count = 0;
  for (uint32_t slot = 0; slot < slots->used; slot++) {
    if (slots->references[slot] == NULL) continue;
    napi_handle_scope scope;
    napi_value object = NULL;
    napi_open_handle_scope(env, &scope);
    napi_get_reference_value(env, slots->references[slot], &object);
    napi_close_handle_scope(env, scope);
    if (object != NULL) continue;
    end_reference(env, slots, slot);
    napi_value number;
    napi_create_uint32(env, slot, &number);
    napi_set_element(env, result, count++, number);
  }
  return result;
}

static napi_value uninterrupted(napi_env env, napi_callback_info info) {
  napi_value function, receiver, result = NULL;
  arguments(env, info, &function);
  napi_get_undefined(env, &receiver);
#ifndef _WIN32
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
#endif
  napi_call_function(env, receiver, function, 0, NULL, &result);
#ifndef _WIN32
  pthread_sigmask(SIG_SETMASK, &before, NULL);
#endif
  return result;
}

static napi_value muted(napi_env env, napi_callback_info info) {
  napi_value function, receiver, result = NULL;
  arguments(env, info, &function);
  napi_get_undefined(env, &receiver);
#ifndef _WIN32
  const int before = dup(2);
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (before >= 0 && nowhere >= 0) dup2(nowhere, 2);
#endif
  napi_call_function(env, receiver, function, 0, NULL, &result);
#ifndef _WIN32
  if (before >= 0 && nowhere >= 0) dup2(before, 2);
  if (before >= 0) close(before);
  if (nowhere >= 0) close(nowhere);
#endif
  return result;
}

static void finish(napi_env env, void* data, void* hint) {
  (void)env;
  (void)hint;
  Slots* slots = data;
  free(slots->references);
  free(slots->free_slots);
  free(slots);
}

NAPI_MODULE_INIT() {
  Slots* slots = calloc(1, sizeof *slots);
  if (slots == NULL) return NULL;
  napi_set_instance_data(env, slots, finish, NULL);
  const struct {
    const char* name;
    napi_callback function;
  } functions[] = {
      {"watch", watch},         {"get", get}, {"release", release}, {"collected", collected},
      {"uninterrupted", uninterrupted}, {"muted", muted},
  };
  for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
    napi_value function;
    napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].function, slots, &function);
    napi_set_named_property(env, exports, functions[i].name, function);
  }
  return exports;
}
