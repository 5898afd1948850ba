namespace IdLcm.Domain.Scim;

/// <summary>What the messages of RFC 7644 have in common.</summary>
internal static class ScimMessage
{
    /// <summary>Refuses a body that says it is another message. One that says nothing is taken for what it was sent as.</summary>
    public static void CheckSchema(ScimComplex body, string schema)
    {
        switch (body["schemas"])
        {
            case null or ScimNull:
                return;
            case ScimArray array:
                foreach (var item in array)
                {
                    if (item is ScimString text && text.Value.Equals(schema, StringComparison.OrdinalIgnoreCase))
                    {
                        return;
                    }
                }

                if (array.Count == 0)
                {
                    return;
                }

                break;
        }

        throw ScimError.InvalidSyntax($"\"schemas\" of this message must hold {schema}.").ToException();
    }
}
