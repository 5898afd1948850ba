namespace IdLcm.Samples.Data;

/// <summary>A believable workspace, the same one every time.</summary>
internal static class Seed
{
    private static readonly string[] FirstNames =
    [
        "Amelia", "Björn", "Chiara", "Daniel", "Esra", "Farah", "Gustav", "Hana", "Ivan", "Jasmine", "Kofi", "Leila",
        "Mateo", "Nora", "Oskar", "Priya", "Quentin", "Rosa", "Siobhán", "Tomás", "Uma", "Viktor", "Wen", "Yusuf", "Zoë",
    ];

    private static readonly string[] LastNames =
    [
        "Andersson", "Baptiste", "Castellanos", "Dubois", "Eriksen", "Fischer", "García", "Haddad", "Iyer", "Jensen",
        "Kowalska", "Lindqvist", "Moreau", "Nakamura", "O'Neill", "Petrov", "Quispe", "Rossi", "Svensson", "Tanaka",
    ];

    private static readonly string[] Titles = ["Analyst", "Engineer", "Account manager", "Designer", "Controller"];
    private static readonly string[] Departments = ["Finance", "Product", "Sales", "Design", "Operations"];

    public static IReadOnlyList<Project> Projects { get; } =
        [new("apollo", "Apollo"), new("borealis", "Borealis"), new("cascade", "Cascade")];

    public static Member Administrator(int id, string email, DateTimeOffset now) => new()
    {
        Id = id,
        FirstName = "Workspace",
        LastName = "Administrator",
        Email = email,
        JobTitle = "Service account",
        Role = Role.Administrator,
        Status = MemberStatus.Active,
        JoinedAt = now,
        LastActiveAt = now,
    };

    public static IEnumerable<Member> Members(int firstId, int count, DateTimeOffset now)
    {
        for (var i = 0; i < count; i++)
        {
            var first = FirstNames[i % FirstNames.Length];
            var last = LastNames[(i / FirstNames.Length + i * 7) % LastNames.Length];
            var status = (i % 11, i % 17) switch
            {
                (7, _) => MemberStatus.Pending,
                (_, 9) => MemberStatus.Suspended,
                _ => MemberStatus.Active,
            };
            var joined = status == MemberStatus.Pending ? (DateTimeOffset?)null : now.AddDays(-30 - i % 700);
            yield return new Member
            {
                Id = firstId + i,
                FirstName = first,
                LastName = last,
                Email = $"member{i + 1}@northwind.example",
                JobTitle = Titles[i % Titles.Length],
                Department = Departments[i % Departments.Length],
                Role = i == 0 ? Role.Owner : (Role)(i % 3),
                Status = status,
                JoinedAt = joined,
                LastActiveAt = joined is null ? null : now.AddHours(-1 - i * 7 % 600),
                InvitationToken = joined is null ? Workspace.NewToken() : "",
                Grants = i % 4 == 3 ? [] : [new(Projects[i % 3].Id, (Permission)(i / 3 % 3))],
            };
        }
    }
}
