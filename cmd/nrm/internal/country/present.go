package country

func (c *country) present() {}
