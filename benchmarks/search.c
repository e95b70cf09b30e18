/* The search of circle15/kernels/search.py, line by line in C: the yardstick for what numba costs.
 * Compiled by peers.py when a C compiler is found. */
#include <stddef.h>
#include <stdint.h>

#define NO_COST UINT32_MAX
#define NO_KEY UINT64_MAX

static inline size_t push(uint64_t *heap, size_t size, uint64_t key)
{
    if (((size - 1) & 3) == 0)
        heap[size + 1] = heap[size + 2] = heap[size + 3] = NO_KEY;
    size_t slot = size;
    while (slot > 0) {
        size_t parent = (slot - 1) >> 2;
        if (heap[parent] <= key)
            break;
        heap[slot] = heap[parent];
        slot = parent;
    }
    heap[slot] = key;
    return size + 1;
}

static inline void sink(uint64_t *heap, size_t size, uint64_t key)
{
    size_t slot = 0, child = 1;
    while (child < size) {
        uint64_t a = heap[child], b = heap[child + 1], c = heap[child + 2], d = heap[child + 3];
        size_t left = a <= b ? child : child + 1, right = c <= d ? child + 2 : child + 3;
        uint64_t left_key = a <= b ? a : b, right_key = c <= d ? c : d;
        size_t least = left_key <= right_key ? left : right;
        uint64_t least_key = left_key <= right_key ? left_key : right_key;
        if (least_key >= key)
            break;
        heap[slot] = least_key;
        slot = least;
        child = (slot << 2) + 1;
    }
    heap[slot] = key;
}

static size_t search(const uint32_t *restrict start, const uint32_t *restrict head, const uint32_t *restrict cost,
                     uint32_t seed, uint64_t limit, uint32_t *restrict distance, uint64_t *restrict heap,
                     uint32_t *restrict settled)
{
    size_t count = 0, size = push(heap, 0, seed);
    distance[seed] = 0;
    while (size > 0) {
        uint32_t node = (uint32_t)heap[0];
        uint64_t here = heap[0] >> 32, fill = NO_KEY;
        if (here == distance[node]) {
            settled[count++] = node;
            heap[0] = 0;
            for (uint32_t arc = start[node]; arc < start[node + 1]; arc++) {
                uint64_t there = here + cost[arc];
                uint32_t neighbour = head[arc];
                if (there < distance[neighbour] && there <= limit) {
                    distance[neighbour] = (uint32_t)there;
                    if (fill == NO_KEY)
                        fill = there << 32 | neighbour;
                    else
                        size = push(heap, size, there << 32 | neighbour);
                }
            }
        }
        if (fill == NO_KEY) {
            fill = heap[--size];
            heap[size] = NO_KEY;
        }
        sink(heap, size, fill);
    }
    return count;
}

/* Nodes and costs within the limit, one origin after another; end[k] is where origin k's nodes end. */
void reach_nodes(const uint32_t *start, const uint32_t *head, const uint32_t *cost, const uint32_t *seed,
                 size_t origins, uint64_t limit, uint32_t *distance, uint64_t *heap, uint32_t *settled,
                 uint32_t *out_node, uint32_t *out_cost, int64_t *end)
{
    size_t size = 0;
    for (size_t origin = 0; origin < origins; origin++) {
        size_t count = search(start, head, cost, seed[origin], limit, distance, heap, settled);
        for (size_t k = 0; k < count; k++) {
            out_node[size] = settled[k];
            out_cost[size++] = distance[settled[k]];
            distance[settled[k]] = NO_COST;
        }
        end[origin] = (int64_t)size;
    }
}
