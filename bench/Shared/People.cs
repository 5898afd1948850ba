namespace IdLcm.Bench;

/// <summary>Generated people, as Entra ID sends them.</summary>
internal static class People
{
    private static readonly string[] Given = ["Ada", "Grace", "Edsger", "Barbara", "Donald", "Frances", "Alan", "Radia"];
    private static readonly string[] Family = ["Lovelace", "Hopper", "Dijkstra", "Liskov", "Knuth", "Allen", "Turing", "Perlman", "Hamilton"];

    public static string UserName(int number) => $"person{number:D7}@contoso.example";

    public static string ExternalId(int number) => $"5a3c1f00-7c1e-4b52-9d1e-{number:D12}";

    public static string GivenName(int number) => Given[number % Given.Length];

    public static string FamilyName(int number) => Family[number % Family.Length];

    public static string Json(int number) => $$"""
        {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"{{ExternalId(number)}}","userName":"{{UserName(number)}}","active":true,"displayName":"{{GivenName(number)}} {{FamilyName(number)}}","emails":[{"primary":true,"type":"work","value":"{{UserName(number)}}"}],"name":{"formatted":"{{GivenName(number)}} {{FamilyName(number)}}","familyName":"{{FamilyName(number)}}","givenName":"{{GivenName(number)}}"},"title":"Engineer","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Research","employeeNumber":"{{number}}"} }
        """;
}
