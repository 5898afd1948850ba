using System.Diagnostics.CodeAnalysis;

namespace IdLcm.Samples.Data;

/// <summary>All members in the order of the Members page (name, then e-mail), with what is asked of them often kept at hand.</summary>
internal sealed class MemberList
{
    private readonly Dictionary<int, Member> byId = [];
    private readonly Dictionary<string, Member> byEmail = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<Member> ordered = [];

    public IReadOnlyList<Member> Ordered => ordered;

    public int SeatsUsed { get; private set; }

    public Member? Find(int id) => byId.GetValueOrDefault(id);

    public bool TryFindByEmail(string email, [NotNullWhen(true)] out Member? member) =>
        byEmail.TryGetValue(email, out member);

    public void PutAll(IReadOnlyList<Member> members)
    {
        if (members.Count == 1)
        {
            Put(members[0]);
            return;
        }

        foreach (var member in members)
            Remove(member.Id);
        foreach (var member in members)
        {
            Index(member);
            ordered.Add(member);
        }

        ordered.Sort(ByNameThenEmail.Instance);
    }

    public void Remove(int id)
    {
        if (!byId.Remove(id, out var member))
            return;
        byEmail.Remove(member.Email);
        ordered.RemoveAt(ordered.BinarySearch(member, ByNameThenEmail.Instance));
        SeatsUsed -= member.TakesSeat ? 1 : 0;
    }

    public void Clear()
    {
        byId.Clear();
        byEmail.Clear();
        ordered.Clear();
        SeatsUsed = 0;
    }

    private void Put(Member member)
    {
        Remove(member.Id);
        Index(member);
        ordered.Insert(~ordered.BinarySearch(member, ByNameThenEmail.Instance), member);
    }

    private void Index(Member member)
    {
        byId.Add(member.Id, member);
        byEmail.Add(member.Email, member);
        SeatsUsed += member.TakesSeat ? 1 : 0;
    }

    private sealed class ByNameThenEmail : IComparer<Member>
    {
        public static readonly ByNameThenEmail Instance = new();

        public int Compare(Member? x, Member? y)
        {
            var byName = StringComparer.OrdinalIgnoreCase.Compare(x!.Name, y!.Name);
            return byName != 0 ? byName : StringComparer.OrdinalIgnoreCase.Compare(x.Email, y.Email);
        }
    }
}
