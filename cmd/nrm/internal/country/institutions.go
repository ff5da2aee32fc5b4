package country

func (c *country) institutions() {}
