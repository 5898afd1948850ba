// Each of these tests waits for an app, a browser or a restart most of the time: two at once keep less than half of two cores busy.
[assembly: CollectionBehavior(MaxParallelThreads = 3)]
