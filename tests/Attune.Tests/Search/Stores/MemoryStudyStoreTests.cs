using Attune.Search;

namespace Attune.Tests.Search.Stores;

/// <summary>The store that other tests of the search use keeps to the same rules.</summary>
public class MemoryStudyStoreTests : StudyStoreConformance
{
    private readonly MovedClock clock = new();

    protected override IStudyStore Open(StudyIdentity identity) => new MemoryStudyStore(clock);

    protected override void Pass(TimeSpan time) => clock.Now += time;

    private sealed class MovedClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
